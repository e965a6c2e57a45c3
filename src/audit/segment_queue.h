// SPDX-License-Identifier: Apache-2.0
// SegmentQueue: the segment files of this process life as a queue of chunks. The journal thread
// appends, the sealer reads in the same order, and files go back into use once what was read from
// them is committed. Files are written with zeros when made: a full disk is met there. Bounded.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "audit/segment_format.h"
#include "base/result.h"
#include "io/blocking_pool.h"

namespace zerq::audit {

class SegmentQueue {
 public:
  // `folder` exists. At most `bytes_max`, at least two files.
  SegmentQueue(std::filesystem::path folder, uint64_t bytes_max);
  ~SegmentQueue();
  SegmentQueue(const SegmentQueue&) = delete;
  SegmentQueue& operator=(const SegmentQueue&) = delete;

  // --- The journal thread ---
  // kExhausted: the queue is at its cap. kIo: no file takes it; a file that failed once is not
  // written to again.
  Result<> append(io::Blocking, LaneId lane, uint64_t position, Bytes frames);

  // --- The sealer ---
  struct Chunk {
    ChunkHead head;
    Bytes frames;
  };
  // The next chunk, its frames copied to `into`, which has room for a ring, or none. After an error
  // the next call goes on behind what could not be read.
  Result<std::optional<Chunk>> next(io::Blocking, MutableBytes into);
  // What next() has returned so far is committed.
  void recycle() noexcept;

  // --- Any thread ---
  // Appended and not committed yet.
  uint64_t bytes_waiting() const noexcept {
    return appended_.load(std::memory_order_relaxed) - recycled_.load(std::memory_order_relaxed);
  }
  // Of what the cap allows.
  bool is_half_full() const noexcept {
    return bytes_waiting() >= slots_.size() * kSegmentBytes / 2;
  }

 private:
  struct Slot {
    int fd = -1;
    bool is_bad = false;  // Journal thread only.
    std::atomic<uint64_t> written = 0;
  };

  Result<> rotate();
  Result<uint32_t> take_slot();
  Result<uint32_t> make_slot();
  void take_back() noexcept;
  Slot& slot_of(uint64_t use) { return slots_[order_[use % order_.size()]]; }

  std::filesystem::path folder_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> order_;  // Use number → slot.
  std::atomic<uint64_t> newest_use_ = 0;  // Written by the journal thread.
  std::atomic<uint64_t> oldest_use_ = 1;  // Written by the sealer; older ones are free.
  std::atomic<uint64_t> appended_ = 0;
  std::atomic<uint64_t> recycled_ = 0;
  // Journal thread.
  std::vector<uint32_t> free_;
  uint64_t taken_back_ = 1;
  uint64_t offset_ = kSegmentBytes;
  uint64_t name_ = 0;
  // Sealer.
  uint64_t read_use_ = 1;
  uint64_t read_offset_ = kSegmentHeadBytes;
  uint64_t read_bytes_ = 0;
};

}  // namespace zerq::audit
