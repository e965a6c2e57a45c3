// SPDX-License-Identifier: Apache-2.0
#include "base/object_id.h"

namespace zerq {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

int digit_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  return -1;
}

}  // namespace

std::optional<ObjectId> ObjectId::parse(std::string_view text) noexcept {
  if (text.size() != kTextBytes) {
    return std::nullopt;
  }
  std::array<uint8_t, kBytes> bytes{};
  for (size_t i = 0; i < kBytes; ++i) {
    const int high = digit_value(text[2 * i]);
    const int low = digit_value(text[2 * i + 1]);
    if (high < 0 || low < 0) {
      return std::nullopt;
    }
    bytes[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return ObjectId(bytes);
}

void ObjectId::write_text(char* to) const noexcept {
  for (const uint8_t byte : bytes_) {
    *to++ = kDigits[byte >> 4];
    *to++ = kDigits[byte & 15];
  }
}

std::string ObjectId::to_text() const {
  std::string text(kTextBytes, '\0');
  write_text(text.data());
  return text;
}

}  // namespace zerq
