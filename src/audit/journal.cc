// SPDX-License-Identifier: Apache-2.0
#include "audit/journal.h"

#include "audit/kill_point.h"

namespace zerq::audit {
namespace {

uint64_t count_frames(LaneId lane, Bytes frames) {
  uint64_t count = 0;
  scan_frames(FrameCodec(lane), frames, [&](const Frame&) { ++count; });
  return count;
}

}  // namespace

Journal::Journal(const Lanes& lanes, SegmentQueue& queue, AtCap at_cap, WakeEvent& wake,
                 WakeEvent& sealer_wake, const Clock& clock)
    : lanes_(lanes),
      queue_(queue),
      at_cap_(at_cap),
      wake_(wake),
      sealer_wake_(sealer_wake),
      clock_(clock) {}

bool Journal::drain(io::Blocking blocking, RingLane& lane) {
  const RingLane::Pending pending = lane.pending();
  if (pending.bytes.empty()) {
    return true;
  }
  const bool must_condense = queue_.is_half_full() && !lane.id().is_admin();
  const Bytes frames = must_condense
                           ? condenser_.condense(lane.id(), pending.bytes, clock_.wall_now())
                           : pending.bytes;
  const Result<> appended = queue_.append(blocking, lane.id(), pending.position, frames);
  if (!appended.has_value()) {
    failures_.fetch_add(1, std::memory_order_relaxed);
    is_sound_.store(false, std::memory_order_relaxed);
    // A ring that still has room may wait for better times.
    if (at_cap_ == AtCap::kRefuse || pending.bytes.size() < kRingBytes / 2) {
      return false;
    }
    discarded_.fetch_add(count_frames(lane.id(), pending.bytes), std::memory_order_relaxed);
  } else {
    condensed_.fetch_add(must_condense ? condenser_.records() : 0, std::memory_order_relaxed);
    is_sound_.store(true, std::memory_order_relaxed);
  }
  pass_kill_point();
  lane.release(pending.position + pending.bytes.size());
  return true;
}

bool Journal::turn(io::Blocking blocking) {
  bool is_drained = true;
  for (const std::unique_ptr<RingLane>& lane : lanes_) {
    is_drained &= drain(blocking, *lane);
    lane->notify_waiting();
  }
  if (queue_.bytes_waiting() != 0) {
    sealer_wake_.wake();
  }
  return is_drained;
}

void Journal::run(io::Blocking blocking) {
  while (!must_stop_.load(std::memory_order_acquire)) {
    turn(blocking);
    wake_.wait(kTick);
  }
  // At the cap there is room once the sealer has caught up.
  for (int i = 0; i < kStopTurns && !is_drained_; ++i) {
    is_drained_ = turn(blocking);
    if (!is_drained_) {
      pause_thread(kTick);
    }
  }
}

void Journal::stop() noexcept {
  must_stop_.store(true, std::memory_order_release);
  wake_.wake();
}

}  // namespace zerq::audit
