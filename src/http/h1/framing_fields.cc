// SPDX-License-Identifier: Apache-2.0
#include "http/h1/framing_fields.h"

#include <cstring>

#include "http/h1/field_lines.h"

namespace zerq::http::h1 {
namespace {

constexpr size_t kLengthDigitsMax = 19;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// 1*DIGIT that fits an int64_t: no sign, no list, no other base (RFC 9110 §8.6).
bool parse_length(std::string_view text, uint64_t& length) {
  if (text.empty() || text.size() > kLengthDigitsMax) {
    return false;
  }
  uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) {
      return false;
    }
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  length = value;
  return value <= INT64_MAX;
}

}  // namespace

FramingFields read_framing_fields(const HeaderList& headers, Version version) noexcept {
  FramingFields fields;
  const Header* coding = headers.find(KnownHeader::kTransferEncoding);
  const Header* length = headers.find(KnownHeader::kContentLength);
  if (coding != nullptr) {
    if (length != nullptr) {
      // RFC 9112 §6.3: both present, treat as an attack.
      return {.refusal = "content_length_and_transfer_encoding"};
    }
    if (version == Version::kHttp10) {
      return {.refusal = "transfer_encoding_in_http_1_0"};  // RFC 9112 §6.1.
    }
    if (headers.count(KnownHeader::kTransferEncoding) > 1) {
      return {.refusal = "two_transfer_encodings"};
    }
    if (!equals_ignoring_case(coding->value, "chunked")) {
      return {.refusal = "transfer_encoding_not_chunked"};
    }
    fields.is_chunked = true;
  } else if (length != nullptr) {
    if (headers.count(KnownHeader::kContentLength) > 1) {
      return {.refusal = "two_content_lengths"};
    }
    if (!parse_length(length->value, fields.length)) {
      return {.refusal = "invalid_content_length"};
    }
    fields.has_length = true;
  }
  return fields;
}

bool wants_keep_alive(const HeaderList& headers, Version version) noexcept {
  bool asks_to_stay = false;
  bool asks_to_close = false;
  if (headers.find(KnownHeader::kConnection) != nullptr) {
    for (const Header& header : headers) {
      if (header.known == KnownHeader::kConnection) {
        for_each_list_member(header.value, [&](std::string_view option) {
          asks_to_close |= equals_ignoring_case(option, "close");
          asks_to_stay |= equals_ignoring_case(option, "keep-alive");
        });
      }
    }
  }
  return !asks_to_close && (asks_to_stay || version != Version::kHttp10);
}

std::string_view copy_head(std::string_view bytes, Arena& arena) noexcept {
  auto* to = reinterpret_cast<char*>(arena.allocate(bytes.size() + kReadablePadding, 1));
  std::memcpy(to, bytes.data(), bytes.size());
  std::memset(to + bytes.size(), 0, kReadablePadding);
  return {to, bytes.size()};
}

std::string_view parse_version(std::string_view text, Version& version) noexcept {
  if (text == "HTTP/1.1") {
    version = Version::kHttp11;
    return {};
  }
  if (text == "HTTP/1.0") {
    version = Version::kHttp10;
    return {};
  }
  const bool is_well_formed = text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) &&
                              text[6] == '.' && is_digit(text[7]);
  return is_well_formed ? "version_not_supported" : "invalid_version";
}

}  // namespace zerq::http::h1
