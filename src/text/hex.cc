// SPDX-License-Identifier: Apache-2.0
#include "text/hex.h"

#include <array>
#include <cstdint>

namespace zerq::text {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

constexpr std::array<int8_t, 256> kValues = [] {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  for (int i = 0; i < 10; ++i) {
    values['0' + i] = static_cast<int8_t>(i);
  }
  for (int i = 0; i < 6; ++i) {
    values['a' + i] = values['A' + i] = static_cast<int8_t>(10 + i);
  }
  return values;
}();

}  // namespace

int hex_digit_value(char c) noexcept { return kValues[static_cast<uint8_t>(c)]; }

void write_hex(Bytes bytes, char* to) noexcept {
  for (const std::byte byte : bytes) {
    *to++ = kDigits[std::to_integer<unsigned>(byte) >> 4];
    *to++ = kDigits[std::to_integer<unsigned>(byte) & 15];
  }
}

std::string to_hex(Bytes bytes) {
  std::string text(bytes.size() * 2, '\0');
  write_hex(bytes, text.data());
  return text;
}

std::optional<std::string> decode_hex(std::string_view text) {
  if (text.size() % 2 != 0) {
    return std::nullopt;
  }
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit_value(text[i]);
    const int low = hex_digit_value(text[i + 1]);
    if (high < 0 || low < 0) {
      return std::nullopt;
    }
    bytes.push_back(static_cast<char>(high << 4 | low));
  }
  return bytes;
}

}  // namespace zerq::text
