// SPDX-License-Identifier: Apache-2.0
#include "audit/sealer.h"

#include <algorithm>

#include "audit/kill_point.h"
#include "audit/recovery.h"
#include "audit/ring_file.h"
#include "base/check.h"

namespace zerq::audit {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

}  // namespace

Sealer::Sealer(Parts parts, std::unique_ptr<AuditFiles> files)
    : parts_(std::move(parts)),
      files_(std::move(files)),
      batch_(parts_.node, files_->take_state()),
      bytes_(std::make_unique_for_overwrite<std::byte[]>(kBatchBytes + kRingBytes)) {}

bool Sealer::read_chunks(io::Blocking blocking) {
  size_t used = 0;
  while (used < kBatchBytes) {
    const Result<std::optional<SegmentQueue::Chunk>> chunk =
        parts_.queue.next(blocking, {bytes_.get() + used, kBatchBytes + kRingBytes - used});
    if (!chunk.has_value()) {
      failures_.fetch_add(1, kRelaxed);
      continue;
    }
    if (!chunk->has_value()) {
      return false;
    }
    const auto& [head, frames] = **chunk;
    scan_frames(FrameCodec(head.lane), frames,
                [&](const Frame& frame) { batch_.take(head.lane, frame); });
    used += frames.size();
  }
  return true;
}

bool Sealer::commit(io::Blocking blocking) {
  const WallTime now = parts_.clock.wall_now();
  if (!has_sealed_) {
    if (!batch_.is_touched()) {
      return true;
    }
    if (files_->must_roll(now)) {
      batch_.start_new_blocks();
      batch_.state().quotas.drop_old(day_number(now));
      files_->roll();
    }
    pass_kill_point();
    blocks_ = batch_.seal(parts_.clock.now());
    ++batch_.state().generation;
    has_sealed_ = true;
  }
  committed_ = parts_.clock.now();
  const Result<> done = files_->commit(blocking, blocks_, batch_.state(), now);
  is_sound_.store(done.has_value(), kRelaxed);
  if (!done.has_value()) {
    failures_.fetch_add(1, kRelaxed);
    return false;
  }
  blocks_.clear();
  has_sealed_ = false;
  batch_.state().quotas.settle();
  commits_.fetch_add(1, kRelaxed);
  publish_totals();
  return true;
}

void Sealer::publish_totals() noexcept {
  records_.store(batch_.totals().records, kRelaxed);
  crashed_.store(batch_.totals().crashed, kRelaxed);
  gaps_.store(batch_.totals().gaps, kRelaxed);
}

bool Sealer::commit_at_last(io::Blocking blocking) {
  Instant give_up = Instant::never();
  while (!commit(blocking)) {
    const Instant now = parts_.clock.now();
    if (is_stopping()) {
      give_up = std::min(give_up, now + kStopPatience);
    }
    if (now >= give_up) {
      return false;
    }
    pause_thread(kCommitInterval);
  }
  return true;
}

bool Sealer::recover(io::Blocking blocking) {
  Recovery recovery(parts_.folder, batch_, parts_.clock);
  return recovery.run(blocking, parts_.epoch, [&] { return commit_at_last(blocking); });
}

bool Sealer::seal(io::Blocking blocking) {
  bool has_more = true;
  if (!has_sealed_) {
    has_more = read_chunks(blocking);
  }
  if (!commit(blocking)) {
    return false;
  }
  parts_.queue.recycle();
  return has_more;
}

bool Sealer::close(io::Blocking blocking) {
  // What an earlier commit left over comes first: nothing is read before it is stored.
  if (has_sealed_ && !commit_at_last(blocking)) {
    return false;
  }
  do {
    read_chunks(blocking);
    if (!commit_at_last(blocking)) {
      return false;
    }
    parts_.queue.recycle();
  } while (parts_.queue.bytes_waiting() != 0);
  if (ends_.empty()) {
    files_->close(blocking);
    return false;
  }
  for (const LaneEnd& end : ends_) {
    batch_.close_lane(end.lane, end.next_n, parts_.clock.wall_now());
  }
  batch_.state().closed_epoch = parts_.epoch;
  if (!commit_at_last(blocking)) {
    return false;
  }
  pass_kill_point();
  files_->close(blocking);
  pass_kill_point();
  parts_.folder.remove(blocking, parts_.epoch);
  return true;
}

void Sealer::wait_for_work() {
  const Clock& clock = parts_.clock;
  // Sealing rewrites the block that is not full: the longer it waits, the less it costs. The
  // journal thread's tick comes on top, hence half.
  const Duration patience = std::chrono::milliseconds(parts_.config.sync_ms) / 2;
  bool was_idle = parts_.queue.bytes_waiting() == 0;
  Instant due = was_idle && !has_sealed_ ? Instant::never() : committed_ + patience;
  while (!is_stopping()) {
    const Instant now = clock.now();
    const uint64_t waiting = parts_.queue.bytes_waiting();
    if (was_idle && waiting != 0) {
      was_idle = false;
      due = now + patience;
    }
    if (waiting >= kBatchBytes / 2) {
      due = std::min(due, committed_ + kCommitInterval);
    }
    if (now >= std::max(due, committed_ + kCommitInterval)) {
      return;
    }
    const Instant until =
        due == Instant::never() ? now + kIdleWait : std::max(due, committed_ + kCommitInterval);
    parts_.wake.wait(until - now);
  }
}

void Sealer::run(io::Blocking blocking) {
  if (!recover(blocking)) {
    return;
  }
  // What came while this thread started waits as long as what comes later.
  committed_ = parts_.clock.now();
  bool has_more = false;
  while (!is_stopping()) {
    const Instant now = parts_.clock.now();
    if (now - dropped_ >= kDropInterval) {
      files_->drop_old(blocking, parts_.clock.wall_now());
      dropped_ = now;
    }
    if (!has_more) {
      wait_for_work();
    }
    has_more = !is_stopping() && seal(blocking);
  }
  close(blocking);
}

void Sealer::stop(std::vector<LaneEnd> ends) noexcept {
  ends_ = std::move(ends);
  must_stop_.store(true, std::memory_order_release);
  parts_.wake.wake();
}

}  // namespace zerq::audit
