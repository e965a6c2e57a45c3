// SPDX-License-Identifier: Apache-2.0
#include "text/uuid.h"

#include <bit>
#include <cstring>

#include "text/hex.h"

namespace zerq::text {
namespace {

// The two hex characters of every byte value, so that a UUID is written in 16 look-ups.
constexpr std::array<std::array<char, 2>, 256> kHexPairs = [] {
  std::array<std::array<char, 2>, 256> pairs{};
  for (size_t i = 0; i < 256; ++i) {
    pairs[i] = {"0123456789abcdef"[i >> 4], "0123456789abcdef"[i & 15]};
  }
  return pairs;
}();

constexpr std::array<uint8_t, Uuid::kBytes> kTextOffsets = {0,  2,  4,  6,  9,  11, 14, 16,
                                                            19, 21, 24, 26, 28, 30, 32, 34};

bool is_hyphen_place(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

void store_big_endian(uint64_t value, uint8_t* to) {
  value = std::byteswap(value);
  std::memcpy(to, &value, sizeof value);
}

}  // namespace

Uuid Uuid::v7(uint64_t unix_ms, uint64_t random_high, uint64_t random_low) noexcept {
  Uuid uuid;
  store_big_endian(unix_ms << 16 | 0x7000 | (random_high & 0x0FFF), uuid.bytes_.data());
  store_big_endian(uint64_t{0b10} << 62 | random_low >> 2, uuid.bytes_.data() + 8);
  return uuid;
}

std::optional<Uuid> Uuid::parse(std::string_view text) noexcept {
  if (text.size() != kTextBytes) {
    return std::nullopt;
  }
  for (size_t i = 0; i < kTextBytes; ++i) {
    if (is_hyphen_place(i) != (text[i] == '-')) {
      return std::nullopt;
    }
  }
  Uuid uuid;
  for (size_t i = 0; i < kBytes; ++i) {
    const int high = hex_digit_value(text[kTextOffsets[i]]);
    const int low = hex_digit_value(text[kTextOffsets[i] + 1]);
    if (high < 0 || low < 0) {
      return std::nullopt;
    }
    uuid.bytes_[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return uuid;
}

uint64_t Uuid::unix_ms() const noexcept {
  uint64_t first;
  std::memcpy(&first, bytes_.data(), sizeof first);
  return std::byteswap(first) >> 16;
}

void Uuid::write_text(char* to) const noexcept {
  for (size_t i = 0; i < kBytes; ++i) {
    std::memcpy(to + kTextOffsets[i], kHexPairs[bytes_[i]].data(), 2);
  }
  to[8] = to[13] = to[18] = to[23] = '-';
}

std::string Uuid::to_text() const {
  std::string text(kTextBytes, '\0');
  write_text(text.data());
  return text;
}

}  // namespace zerq::text
