// SPDX-License-Identifier: Apache-2.0
#include "http/client_codec.h"

#include <algorithm>
#include <string_view>

#include "http/h1/field_lines.h"
#include "http/h1/framing_fields.h"
#include "http/h1/head_scan.h"

namespace zerq::http {
namespace {

constexpr size_t kVersionBytes = 8;
constexpr size_t kStatusEnd = kVersionBytes + 4;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// RFC 9112 §4. The space before an empty reason phrase is forgiven: many servers leave it out, and
// nothing can hide there.
std::string_view parse_status_line(std::string_view line, ResponseHead& head) {
  const std::string_view refusal = h1::parse_version(line.substr(0, kVersionBytes), head.version);
  if (!refusal.empty()) {
    return refusal;
  }
  if (line.size() < kStatusEnd || line[kVersionBytes] != ' ' ||
      !std::ranges::all_of(line.substr(kVersionBytes + 1, 3), is_digit) ||
      (line.size() > kStatusEnd && line[kStatusEnd] != ' ')) {
    return "invalid_status_line";
  }
  const std::string_view digits = line.substr(kVersionBytes + 1, 3);
  head.status =
      static_cast<uint16_t>((digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0'));
  // RFC 9110 §15.
  if (head.status < 100 || head.status > 599) {
    return "invalid_status";
  }
  head.reason = line.size() > kStatusEnd ? line.substr(kStatusEnd + 1) : std::string_view();
  return {};
}

// RFC 9112 §6.3, in its order.
std::string_view settle_framing(Method request_method, ResponseHead& head) {
  const h1::FramingFields fields = h1::read_framing_fields(head.headers, head.version);
  if (!fields.refusal.empty()) {
    return fields.refusal;
  }
  head.keep_alive = h1::wants_keep_alive(head.headers, head.version);
  head.content_length = fields.length;
  const bool never_has_body = head.status < 200 || head.status == 204 || head.status == 304;
  if (never_has_body || request_method == Method::kHead) {
    head.framing = Framing::kNone;
    // A length where no body may be: whoever sent it may send the body too.
    const bool announces_body = fields.is_chunked || fields.length > 0;
    if (announces_body && (head.status < 200 || head.status == 204)) {
      head.keep_alive = false;
    }
  } else if (fields.is_chunked) {
    head.framing = Framing::kChunked;
  } else if (fields.has_length) {
    head.framing = fields.length > 0 ? Framing::kContentLength : Framing::kNone;
  } else {
    head.framing = Framing::kUntilClose;
    head.keep_alive = false;
  }
  return {};
}

HeadParse refused(std::string_view reason) {
  return {
      .state = HeadParse::State::kRefused, .reply = ReplyCode::kUpstreamInvalid, .reason = reason};
}

}  // namespace

HeadParse parse_response_head(std::string_view bytes, size_t& scanned, const HeadLimits& limits,
                              Method request_method, Arena& arena, ResponseHead& head) {
  const h1::HeadScan scan = h1::scan_head(bytes.substr(0, limits.head_bytes_max), scanned);
  scanned = scan.at;
  if (scan.state == h1::HeadScan::State::kRefused) {
    return refused(scan.reason);
  }
  if (scan.state == h1::HeadScan::State::kIncomplete) {
    return bytes.size() >= limits.head_bytes_max ? refused("head_too_large") : HeadParse();
  }
  const std::string_view text = h1::copy_head(bytes.substr(0, scan.at), arena);
  head.head_bytes = static_cast<uint32_t>(scan.at);
  const size_t line_end = text.find("\r\n");
  std::string_view refusal = parse_status_line(text.substr(0, line_end), head);
  if (refusal.empty()) {
    refusal = h1::parse_field_lines(text.substr(line_end + 2, text.size() - line_end - 4),
                                    limits.headers_max, head.headers);
  }
  if (refusal.empty()) {
    refusal = settle_framing(request_method, head);
  }
  if (!refusal.empty()) {
    return refused(refusal);
  }
  return {.state = HeadParse::State::kComplete, .consumed = scan.at};
}

}  // namespace zerq::http
