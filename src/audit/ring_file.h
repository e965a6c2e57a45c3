// SPDX-License-Identifier: Apache-2.0
// RingFile: the mapped file behind a lane. Written with zeros when made, so that no later store can
// meet a full disk; its contents are mapped twice in a row, so that a frame never has two parts.
// Positions count bytes since the lane began and only grow. One writer (the shard) moves `head`,
// one (the journal thread) moves `tail`. Layout: docs/audit-format.md, "Ring".
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "audit/frame_codec.h"
#include "base/bytes.h"
#include "base/result.h"
#include "io/blocking_pool.h"

namespace zerq::audit {

inline constexpr uint64_t kRingMagic = 0x31474E4952515A;  // "ZQRING1", little-endian.
inline constexpr size_t kRingHeadBytes = 4096;
inline constexpr size_t kRingBytes = 1 << 20;

class RingFile {
 public:
  // Makes the file, which must not exist.
  static Result<std::unique_ptr<RingFile>> create(io::Blocking, const std::filesystem::path& path,
                                                  LaneId lane);
  ~RingFile();
  RingFile(const RingFile&) = delete;
  RingFile& operator=(const RingFile&) = delete;

  std::atomic<uint64_t>& head() noexcept { return head_; }
  std::atomic<uint64_t>& tail() noexcept { return tail_; }
  // kRingBytes are usable from here, whatever the position.
  std::byte* at(uint64_t position) noexcept { return bytes_ + position % kRingBytes; }

 private:
  explicit RingFile(std::byte* map) noexcept;

  std::byte* map_;
  std::byte* bytes_;
  std::atomic<uint64_t>& head_;
  std::atomic<uint64_t>& tail_;
};

// Calls `take(lane, frame)` for every whole frame in a ring file's bytes, in no order. Nothing of
// the head is trusted but the name of the lane, which the caller has from the file's path too. The
// payload is gone after the call.
template <class Take>
void scan_ring(Bytes file, LaneId lane, Take take) {
  if (file.size() <= kRingHeadBytes) {
    return;
  }
  const Bytes ring = file.subspan(kRingHeadBytes);
  const size_t size = ring.size() & ~(kFrameAlign - 1);
  // A frame may run over the end: its bytes go on at the beginning.
  const auto twice =
      std::make_unique_for_overwrite<std::byte[]>(size + frame_bytes(kFramePayloadMax));
  const size_t again = std::min(size, frame_bytes(kFramePayloadMax));
  std::copy_n(ring.begin(), size, twice.get());
  std::copy_n(ring.begin(), again, twice.get() + size);
  const FrameCodec codec(lane);
  size_t at = 0;
  while (at < size) {
    const std::optional<Frame> frame = codec.read(Bytes(twice.get() + at, size + again - at));
    if (!frame.has_value() || frame->position % size != at) {
      at += kFrameAlign;
      continue;
    }
    take(*frame);
    at += frame_bytes(frame->payload.size());
  }
}

}  // namespace zerq::audit
