// SPDX-License-Identifier: Apache-2.0
#include "audit/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace zerq::audit {
namespace {

constexpr uint32_t kPolynomial = 0x82F63B78;  // Reflected.

constexpr std::array<uint32_t, 256> make_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < table.size(); ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    }
    table[i] = crc;
  }
  return table;
}

constexpr std::array<uint32_t, 256> kTable = make_table();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) uint32_t update_by_instruction(uint32_t state,
                                                                 Bytes bytes) noexcept {
  uint64_t crc = state;
  const std::byte* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    crc = _mm_crc32_u64(crc, word);
  }
  auto narrow = static_cast<uint32_t>(crc);
  for (; left > 0; ++at, --left) {
    narrow = _mm_crc32_u8(narrow, static_cast<uint8_t>(*at));
  }
  return narrow;
}
#endif

}  // namespace

uint32_t update_crc32c_by_table(uint32_t state, Bytes bytes) noexcept {
  for (const std::byte byte : bytes) {
    state = kTable[(state ^ static_cast<uint8_t>(byte)) & 0xFF] ^ (state >> 8);
  }
  return state;
}

uint32_t update_crc32c(uint32_t state, Bytes bytes) noexcept {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2") != 0) [[likely]] {
    return update_by_instruction(state, bytes);
  }
#endif
  return update_crc32c_by_table(state, bytes);
}

}  // namespace zerq::audit
