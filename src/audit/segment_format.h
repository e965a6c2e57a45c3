// SPDX-License-Identifier: Apache-2.0
// Segment files: chunks of whole frames as they left a ring, each with a head that names lane and
// position. A file is used again and again; each use has a number, and the heads of another use do
// not check out. Layout: docs/audit-format.md, "Segment". Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "audit/frame_codec.h"
#include "base/bytes.h"

namespace zerq::audit {

inline constexpr size_t kSegmentBytes = 4 << 20;
inline constexpr size_t kSegmentHeadBytes = 64;
inline constexpr size_t kChunkHeadBytes = 64;

struct ChunkHead {
  LaneId lane;
  uint64_t position = 0;
  uint32_t bytes = 0;
};

constexpr size_t chunk_bytes(size_t frames_bytes) {
  return (kChunkHeadBytes + frames_bytes + kChunkHeadBytes - 1) & ~(kChunkHeadBytes - 1);
}

void write_segment_head(std::byte* to, uint64_t use) noexcept;
// The number of the use that the file is in.
std::optional<uint64_t> read_segment_head(Bytes bytes) noexcept;

void write_chunk_head(std::byte* to, const ChunkHead& head, uint64_t use, uint64_t offset) noexcept;
std::optional<ChunkHead> read_chunk_head(Bytes bytes, uint64_t use, uint64_t offset) noexcept;

// Calls `take(head, frames)` for every chunk of the file's present use. A damaged head is stepped
// over; the frames behind it are then missed by their n.
template <class Take>
void scan_segment(Bytes file, Take take) {
  const std::optional<uint64_t> use = read_segment_head(file);
  if (!use.has_value()) {
    return;
  }
  size_t at = kSegmentHeadBytes;
  while (at + kChunkHeadBytes <= file.size()) {
    const std::optional<ChunkHead> head = read_chunk_head(file.subspan(at), *use, at);
    if (!head.has_value() || head->bytes > file.size() - at - kChunkHeadBytes) {
      at += kChunkHeadBytes;
      continue;
    }
    take(*head, file.subspan(at + kChunkHeadBytes, head->bytes));
    at += chunk_bytes(head->bytes);
  }
}

}  // namespace zerq::audit
