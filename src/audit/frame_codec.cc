// SPDX-License-Identifier: Apache-2.0
#include "audit/frame_codec.h"

#include <bit>
#include <cstring>

#include "audit/crc32c.h"
#include "base/check.h"

namespace zerq::audit {
namespace {

static_assert(std::endian::native == std::endian::little, "the formats on disk are little-endian");

constexpr uint64_t kPositionMax = (1ULL << 48) - 1;  // In units of kFrameAlign.

struct Head {
  uint32_t crc;
  uint32_t payload_bytes;
  uint64_t n;
  uint64_t type_and_position;  // Type in the low byte, a zero byte, position / 8 in 48 bits.
};
static_assert(sizeof(Head) == kFrameHeadBytes);

uint64_t pack(FrameType type, uint64_t position) {
  return static_cast<uint64_t>(type) | (position / kFrameAlign) << 16;
}

}  // namespace

FrameCodec::FrameCodec(LaneId lane) noexcept {
  std::array<std::byte, 16> salt{};
  std::memcpy(salt.data(), &lane.epoch, 8);
  std::memcpy(salt.data() + 8, &lane.shard, 4);
  salt_ = update_crc32c(kCrc32cStart, salt);
}

uint32_t FrameCodec::check(const std::byte* frame, size_t payload_bytes) const noexcept {
  return finish_crc32c(update_crc32c(salt_, Bytes(frame + 4, kFrameHeadBytes - 4 + payload_bytes)));
}

void FrameCodec::write_head(std::byte* to, size_t payload_bytes, uint64_t n, FrameType type,
                            uint64_t position) const noexcept {
  DCHECK(payload_bytes <= kFramePayloadMax && position % kFrameAlign == 0);
  Head head{.crc = 0,
            .payload_bytes = static_cast<uint32_t>(payload_bytes),
            .n = n,
            .type_and_position = pack(type, position)};
  std::memcpy(to, &head, sizeof head);
  head.crc = check(to, payload_bytes);
  std::memcpy(to, &head.crc, sizeof head.crc);
}

std::optional<Frame> FrameCodec::read(Bytes bytes) const noexcept {
  if (bytes.size() < kFrameHeadBytes) {
    return std::nullopt;
  }
  Head head;
  std::memcpy(&head, bytes.data(), sizeof head);
  const auto type = static_cast<uint8_t>(head.type_and_position);
  // Cheap refusals first: most of what a scan over old bytes sees is no frame at all.
  if (head.n == 0 || head.payload_bytes > kFramePayloadMax ||
      type < static_cast<uint8_t>(FrameType::kBegin) ||
      type > static_cast<uint8_t>(FrameType::kCondensed) ||
      ((head.type_and_position >> 8) & 0xFF) != 0 ||
      bytes.size() < kFrameHeadBytes + head.payload_bytes) {
    return std::nullopt;
  }
  if (check(bytes.data(), head.payload_bytes) != head.crc) {
    return std::nullopt;
  }
  return Frame{.n = head.n,
               .type = static_cast<FrameType>(type),
               .position = (head.type_and_position >> 16 & kPositionMax) * kFrameAlign,
               .payload = bytes.subspan(kFrameHeadBytes, head.payload_bytes)};
}

}  // namespace zerq::audit
