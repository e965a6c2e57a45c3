// SPDX-License-Identifier: Apache-2.0
// A frame: what a lane writes into its ring, and what is found again after any crash. It says where
// it stands in its lane (position) and which it is (n), and its CRC is salted with the lane, so
// that a frame can be believed wherever it is found. Layout: docs/audit-format.md, "Frame". Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace zerq::audit {

// A lane is one shard's stream of one process life; the admin stream has a lane of its own.
struct LaneId {
  static constexpr uint32_t kAdminShard = 0xFFFF;

  uint64_t epoch = 0;
  uint32_t shard = 0;

  bool is_admin() const { return shard == kAdminShard; }
  friend auto operator<=>(const LaneId&, const LaneId&) = default;
};

// kCondensed stands in segments only, for several frames (audit/refusal_summary.h).
enum class FrameType : uint8_t { kBegin = 1, kEnd = 2, kOpen = 3, kAdmin = 4, kCondensed = 5 };

struct Frame {
  uint64_t n = 0;
  FrameType type = FrameType::kBegin;
  uint64_t position = 0;  // Bytes of the lane before it.
  Bytes payload;  // A view of the bytes it was read from.
};

inline constexpr size_t kFrameHeadBytes = 24;
inline constexpr size_t kFrameAlign = 8;
inline constexpr size_t kFramePayloadMax = 64 * 1024;

constexpr size_t frame_bytes(size_t payload_bytes) {
  return (kFrameHeadBytes + payload_bytes + kFrameAlign - 1) & ~(kFrameAlign - 1);
}

class FrameCodec {
 public:
  explicit FrameCodec(LaneId lane) noexcept;

  // Completes a frame whose payload already stands at `to` + kFrameHeadBytes.
  void write_head(std::byte* to, size_t payload_bytes, uint64_t n, FrameType type,
                  uint64_t position) const noexcept;
  // The frame that `bytes` begins with, if it is whole and of this lane.
  std::optional<Frame> read(Bytes bytes) const noexcept;

 private:
  uint32_t check(const std::byte* frame, size_t payload_bytes) const noexcept;

  uint32_t salt_;
};

// Calls `take(frame)` for each whole frame of the lane in `bytes`, in their order there. What is
// damaged is stepped over: the next frame that checks out goes on.
template <class Take>
void scan_frames(const FrameCodec& codec, Bytes bytes, Take take) {
  size_t at = 0;
  while (at + kFrameHeadBytes <= bytes.size()) {
    const std::optional<Frame> frame = codec.read(bytes.subspan(at));
    if (!frame.has_value()) {
      at += kFrameAlign;
      continue;
    }
    take(*frame);
    at += frame_bytes(frame->payload.size());
  }
}

}  // namespace zerq::audit
