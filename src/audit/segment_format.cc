// SPDX-License-Identifier: Apache-2.0
#include "audit/segment_format.h"

#include <cstring>

#include "audit/crc32c.h"

namespace zerq::audit {
namespace {

constexpr uint64_t kSegmentMagic = 0x314745535152'5A;  // "ZRQSEG1", little-endian.
constexpr uint32_t kChunkMagic = 0x4B4E4843;           // "CHNK".

struct SegmentHead {
  uint32_t crc = 0;
  uint32_t version = 1;
  uint64_t magic = kSegmentMagic;
  uint64_t use = 0;
  std::array<uint64_t, 5> zero{};
};
static_assert(sizeof(SegmentHead) == kSegmentHeadBytes);

struct ChunkHeadOnDisk {
  uint32_t crc = 0;
  uint32_t magic = kChunkMagic;
  uint64_t epoch = 0;
  uint64_t position = 0;
  uint64_t use = 0;
  uint64_t offset = 0;
  uint32_t shard = 0;
  uint32_t bytes = 0;
  std::array<uint64_t, 2> zero{};
};
static_assert(sizeof(ChunkHeadOnDisk) == kChunkHeadBytes);

template <class Head>
uint32_t check(const Head& head) {
  const Bytes bytes(reinterpret_cast<const std::byte*>(&head), sizeof head);
  return finish_crc32c(update_crc32c(kCrc32cStart, bytes.subspan(sizeof head.crc)));
}

}  // namespace

void write_segment_head(std::byte* to, uint64_t use) noexcept {
  SegmentHead head{.use = use};
  head.crc = check(head);
  std::memcpy(to, &head, sizeof head);
}

std::optional<uint64_t> read_segment_head(Bytes bytes) noexcept {
  SegmentHead head;
  if (bytes.size() < sizeof head) {
    return std::nullopt;
  }
  std::memcpy(&head, bytes.data(), sizeof head);
  if (head.magic != kSegmentMagic || head.version != 1 || head.crc != check(head)) {
    return std::nullopt;
  }
  return head.use;
}

void write_chunk_head(std::byte* to, const ChunkHead& chunk, uint64_t use,
                      uint64_t offset) noexcept {
  ChunkHeadOnDisk head{.epoch = chunk.lane.epoch,
                       .position = chunk.position,
                       .use = use,
                       .offset = offset,
                       .shard = chunk.lane.shard,
                       .bytes = chunk.bytes};
  head.crc = check(head);
  std::memcpy(to, &head, sizeof head);
}

std::optional<ChunkHead> read_chunk_head(Bytes bytes, uint64_t use, uint64_t offset) noexcept {
  ChunkHeadOnDisk head;
  if (bytes.size() < sizeof head) {
    return std::nullopt;
  }
  std::memcpy(&head, bytes.data(), sizeof head);
  if (head.magic != kChunkMagic || head.use != use || head.offset != offset ||
      head.crc != check(head)) {
    return std::nullopt;
  }
  return ChunkHead{.lane = {.epoch = head.epoch, .shard = head.shard},
                   .position = head.position,
                   .bytes = head.bytes};
}

}  // namespace zerq::audit
