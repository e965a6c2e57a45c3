// SPDX-License-Identifier: Apache-2.0
#include "text/base64url.h"

#include <array>
#include <cstdint>

#include "base/check.h"

namespace zerq::text {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr uint8_t kInvalid = 0xFF;

constexpr std::array<uint8_t, 256> kValues = [] {
  std::array<uint8_t, 256> values{};
  values.fill(kInvalid);
  for (uint8_t i = 0; i < 64; ++i) {
    values[static_cast<uint8_t>(kAlphabet[i])] = i;
  }
  return values;
}();

uint8_t value_of(char c) { return kValues[static_cast<uint8_t>(c)]; }

}  // namespace

void write_base64url(Bytes bytes, char* to) noexcept {
  const auto at = [&](size_t i) { return std::to_integer<uint32_t>(bytes[i]); };
  size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const uint32_t group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    *to++ = kAlphabet[group >> 18];
    *to++ = kAlphabet[group >> 12 & 63];
    *to++ = kAlphabet[group >> 6 & 63];
    *to++ = kAlphabet[group & 63];
  }
  const size_t rest = bytes.size() - i;
  if (rest == 1) {
    *to++ = kAlphabet[at(i) >> 2];
    *to++ = kAlphabet[at(i) << 4 & 63];
  } else if (rest == 2) {
    *to++ = kAlphabet[at(i) >> 2];
    *to++ = kAlphabet[(at(i) << 4 | at(i + 1) >> 4) & 63];
    *to++ = kAlphabet[at(i + 1) << 2 & 63];
  }
}

std::string to_base64url(Bytes bytes) {
  std::string text(base64url_text_bytes(bytes.size()), '\0');
  write_base64url(bytes, text.data());
  return text;
}

std::optional<size_t> decode_base64url(std::string_view text, MutableBytes to) noexcept {
  const size_t rest = text.size() % 4;
  if (rest == 1) {
    return std::nullopt;
  }
  const size_t decoded = base64url_decoded_bytes(text.size());
  CHECK(to.size() >= decoded);
  size_t out = 0;
  size_t i = 0;
  // One look at the end instead of one a character: invalid values are the only ones above 63.
  uint8_t seen = 0;
  for (; i + 4 <= text.size(); i += 4) {
    const uint8_t a = value_of(text[i]);
    const uint8_t b = value_of(text[i + 1]);
    const uint8_t c = value_of(text[i + 2]);
    const uint8_t d = value_of(text[i + 3]);
    seen |= a | b | c | d;
    to[out++] = static_cast<std::byte>(a << 2 | b >> 4);
    to[out++] = static_cast<std::byte>(b << 4 | c >> 2);
    to[out++] = static_cast<std::byte>(c << 6 | d);
  }
  if (rest != 0) {
    const uint8_t a = value_of(text[i]);
    const uint8_t b = value_of(text[i + 1]);
    const uint8_t c = rest == 3 ? value_of(text[i + 2]) : uint8_t{0};
    seen |= a | b | c;
    const uint8_t unused = rest == 3 ? c & 3 : b & 15;
    if (unused != 0) {
      return std::nullopt;
    }
    to[out++] = static_cast<std::byte>(a << 2 | b >> 4);
    if (rest == 3) {
      to[out++] = static_cast<std::byte>(b << 4 | c >> 2);
    }
  }
  if (seen > 63) {
    return std::nullopt;
  }
  return out;
}

std::optional<std::string> decode_base64url(std::string_view text) {
  std::string bytes(base64url_decoded_bytes(text.size()), '\0');
  const std::optional<size_t> size =
      decode_base64url(text, std::as_writable_bytes(std::span(bytes)));
  if (!size) {
    return std::nullopt;
  }
  return bytes;
}

}  // namespace zerq::text
