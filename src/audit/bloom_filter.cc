// SPDX-License-Identifier: Apache-2.0
#include "audit/bloom_filter.h"

#include "audit/crc32c.h"

namespace zerq::audit {

BloomFilter::Probe::Probe(BloomKey kind, std::string_view text) noexcept {
  const auto tag = static_cast<std::byte>(kind);
  const uint32_t crc = update_crc32c(update_crc32c(kCrc32cStart, Bytes(&tag, 1)), as_bytes(text));
  // 64 spread bits of 32: two hashes, combined to six (Kirsch and Mitzenmacher).
  const uint64_t spread = finish_crc32c(crc) * 0x9E3779B97F4A7C15ULL;
  const auto step = static_cast<uint32_t>(spread) | 1;
  auto at = static_cast<uint32_t>(spread >> 32);
  for (uint16_t& bit : bits_) {
    bit = static_cast<uint16_t>(at % (kBytes * 8));
    at += step;
  }
}

bool BloomFilter::Probe::may_be_in(Bytes filter) const noexcept {
  if (filter.size() != kBytes) {
    return true;
  }
  for (const uint16_t bit : bits_) {
    if ((filter[bit / 8] & std::byte(1 << bit % 8)) == std::byte(0)) {
      return false;
    }
  }
  return true;
}

void BloomFilter::add(const Probe& probe) noexcept {
  for (const uint16_t bit : probe.bits_) {
    bytes_[bit / 8] |= std::byte(1 << bit % 8);
  }
}

}  // namespace zerq::audit
