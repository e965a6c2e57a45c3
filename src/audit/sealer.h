// SPDX-License-Identifier: Apache-2.0
// Sealer: the only writer of the audit files. Takes chunks from the segments, seals them, commits
// them in one transaction, and only then lets segments be used again. What could not be committed
// is kept and tried again; nothing new is read meanwhile. Rung: Gateway; run() on the sealer's
// thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "audit/audit_config.h"
#include "audit/audit_files.h"
#include "audit/journal_folder.h"
#include "audit/seal_batch.h"
#include "audit/segment_queue.h"
#include "audit/wake_event.h"
#include "base/clock.h"

namespace zerq::audit {

class Sealer {
 public:
  struct Parts {
    AuditConfig config;
    std::string node;
    uint64_t epoch = 0;
    const JournalFolder& folder;
    SegmentQueue& queue;
    WakeEvent& wake;
    const Clock& clock;
  };
  Sealer(Parts parts, std::unique_ptr<AuditFiles> files);

  // The end of a lane as its shard left it.
  struct LaneEnd {
    LaneId lane;
    uint64_t next_n = 1;
  };

  // Until stop(), and then until all that is in the segments is sealed and the lanes are closed.
  void run(io::Blocking);
  // The journal thread has ended. No ends: some frames are in the rings alone, so that the lanes
  // stay open for the next start's recovery.
  void stop(std::vector<LaneEnd> ends) noexcept;

  // --- The steps of run(), alone for tests ---
  bool recover(io::Blocking);
  // One commit. True: there was more than fits into one.
  bool seal(io::Blocking);
  // After it, the journal of this epoch is gone; false: it could not be committed.
  bool close(io::Blocking);
  void set_ends(std::vector<LaneEnd> ends) { ends_ = std::move(ends); }

  // --- Any thread ---
  bool is_sound() const noexcept { return is_sound_.load(std::memory_order_relaxed); }
  uint64_t records() const noexcept { return records_.load(std::memory_order_relaxed); }
  uint64_t crashed() const noexcept { return crashed_.load(std::memory_order_relaxed); }
  uint64_t gaps() const noexcept { return gaps_.load(std::memory_order_relaxed); }
  uint64_t commits() const noexcept { return commits_.load(std::memory_order_relaxed); }
  uint64_t failures() const noexcept { return failures_.load(std::memory_order_relaxed); }

 private:
  static constexpr Duration kCommitInterval = std::chrono::milliseconds(200);
  static constexpr Duration kIdleWait = std::chrono::seconds(10);
  static constexpr Duration kDropInterval = std::chrono::hours(1);
  // A store that takes nothing for this long while we stop keeps us no longer.
  static constexpr Duration kStopPatience = std::chrono::seconds(5);
  static constexpr size_t kBatchBytes = 4 << 20;

  bool is_stopping() const noexcept { return must_stop_.load(std::memory_order_acquire); }
  // True: the batch is as full as it may get.
  bool read_chunks(io::Blocking);
  bool commit(io::Blocking);
  // Tries again until it works, or until patience with a stop ends.
  bool commit_at_last(io::Blocking);
  void wait_for_work();
  void publish_totals() noexcept;

  Parts parts_;
  std::unique_ptr<AuditFiles> files_;
  SealBatch batch_;
  std::unique_ptr<std::byte[]> bytes_;
  std::vector<Block> blocks_;   // Sealed and not committed yet.
  bool has_sealed_ = false;
  std::vector<LaneEnd> ends_;   // Written before must_stop_.
  Instant committed_{};
  Instant dropped_{};
  std::atomic<bool> must_stop_ = false;
  std::atomic<bool> is_sound_ = true;
  std::atomic<uint64_t> records_ = 0, crashed_ = 0, gaps_ = 0, commits_ = 0, failures_ = 0;
};

}  // namespace zerq::audit
