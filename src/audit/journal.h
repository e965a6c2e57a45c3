// SPDX-License-Identifier: Apache-2.0
// Journal: moves frames from the rings to the segments, so that rings have room. It never waits for
// the sealer or the store; from half of the cap on it only counts strangers' records, and at the
// cap it discards with a hole in n (at_cap continue) or leaves the rings full (refuse). Rung:
// Gateway; turn() on the journal thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "audit/audit_config.h"
#include "audit/refusal_condenser.h"
#include "audit/ring_lane.h"
#include "audit/segment_queue.h"
#include "audit/wake_event.h"

namespace zerq::audit {

class Journal {
 public:
  using Lanes = std::vector<std::unique_ptr<RingLane>>;

  // All outlive the journal. `wake` ends its wait, it ends the sealer's.
  Journal(const Lanes& lanes, SegmentQueue& queue, AtCap at_cap, WakeEvent& wake,
          WakeEvent& sealer_wake, const Clock& clock);

  // Until stop(), and then until the rings are empty or patience ends.
  void run(io::Blocking);
  void stop() noexcept;
  // One pass over the rings. False: some frames stayed in their ring.
  bool turn(io::Blocking);

  // After run(): nothing is in the rings alone.
  bool is_drained() const noexcept { return is_drained_; }
  bool is_sound() const noexcept { return is_sound_.load(std::memory_order_relaxed); }
  uint64_t frames_discarded() const noexcept { return discarded_.load(std::memory_order_relaxed); }
  // Records that became counts of a summary.
  uint64_t condensed() const noexcept { return condensed_.load(std::memory_order_relaxed); }
  uint64_t failures() const noexcept { return failures_.load(std::memory_order_relaxed); }

 private:
  // Nothing wakes it below half a ring; records are to be seen within a second.
  static constexpr Duration kTick = std::chrono::milliseconds(100);
  static constexpr int kStopTurns = 50;

  bool drain(io::Blocking, RingLane& lane);

  const Lanes& lanes_;
  SegmentQueue& queue_;
  AtCap at_cap_;
  WakeEvent& wake_;
  WakeEvent& sealer_wake_;
  const Clock& clock_;
  RefusalCondenser condenser_;
  bool is_drained_ = false;
  std::atomic<bool> must_stop_ = false;
  std::atomic<bool> is_sound_ = true;
  std::atomic<uint64_t> discarded_ = 0;
  std::atomic<uint64_t> condensed_ = 0;
  std::atomic<uint64_t> failures_ = 0;
};

}  // namespace zerq::audit
