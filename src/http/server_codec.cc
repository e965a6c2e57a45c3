// SPDX-License-Identifier: Apache-2.0
#include "http/server_codec.h"

#include <algorithm>

#include "http/authority.h"
#include "http/h1/field_lines.h"
#include "http/h1/framing_fields.h"
#include "http/h1/head_scan.h"

namespace zerq::http {
namespace {

struct Refusal {
  ReplyCode reply = ReplyCode::kNone;
  std::string_view reason = {};

  bool is_set() const { return reply != ReplyCode::kNone; }
};

Refusal malformed(std::string_view reason) { return {ReplyCode::kMalformedRequest, reason}; }

// Visible ASCII without '#': a fragment is never sent (RFC 9112 §3.2). What a path may hold beyond
// that is text/canonical_path.h's to say.
constexpr bool is_target_character(char c) { return c > 0x20 && c < 0x7F && c != '#'; }

void split_path(std::string_view path_and_query, RequestHead& head) {
  const size_t mark = path_and_query.find('?');
  head.raw_path = path_and_query.substr(0, mark);
  head.has_query = mark != std::string_view::npos;
  head.query = head.has_query ? path_and_query.substr(mark + 1) : std::string_view();
}

// RFC 9112 §3.2.2.
Refusal parse_absolute_target(RequestHead& head) {
  std::string_view rest = head.target;
  const size_t scheme_end = rest.find("://");
  const std::string_view scheme = rest.substr(0, scheme_end);
  if (scheme_end == std::string_view::npos ||
      !(equals_ignoring_case(scheme, "http") || equals_ignoring_case(scheme, "https"))) {
    return malformed("invalid_target");
  }
  rest.remove_prefix(scheme_end + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  if (!is_authority(authority)) {
    return malformed("invalid_target_authority");
  }
  head.authority = authority;
  split_path(rest.substr(authority.size()), head);
  if (head.raw_path.empty()) {
    head.raw_path = "/";
  }
  return {};
}

Refusal parse_target(RequestHead& head) {
  if (head.target.front() == '/') {
    split_path(head.target, head);
    return {};
  }
  if (head.target == "*") {
    head.raw_path = head.target;
    return head.method == Method::kOptions ? Refusal() : malformed("asterisk_without_options");
  }
  if (head.method_text == "CONNECT") {
    // The method is answered 501; only that its target is no path must be known here.
    return is_authority(head.target) ? Refusal() : malformed("invalid_target");
  }
  return parse_absolute_target(head);
}

// RFC 9112 §3: exactly one space between the three parts and none around them. Fills `head` as far
// as it comes, also from a line that is cut off.
Refusal parse_request_line(std::string_view line, const HeadLimits& limits, RequestHead& head) {
  const auto method_end = std::ranges::find_if_not(line, h1::is_token_character);
  const auto method_bytes = static_cast<size_t>(method_end - line.begin());
  if (line.empty()) {
    return malformed("empty_request_line");
  }
  if (method_bytes == 0 || method_end == line.end() || *method_end != ' ') {
    return malformed("invalid_method");
  }
  head.method_text = line.substr(0, method_bytes);
  head.method = parse_method(head.method_text);
  line.remove_prefix(method_bytes + 1);

  const auto target_end = std::ranges::find_if_not(line, is_target_character);
  const auto target_bytes = static_cast<size_t>(target_end - line.begin());
  head.target = line.substr(0, target_bytes);
  if (line.substr(0, line.find(' ')).size() > limits.target_bytes_max) {
    return {ReplyCode::kUriTooLong, "target_too_long"};
  }
  if (target_end == line.end()) {
    return malformed(target_bytes == 0 ? "missing_target" : "missing_version");
  }
  if (target_bytes == 0 || *target_end != ' ') {
    return malformed("invalid_target");
  }
  const std::string_view refusal = h1::parse_version(line.substr(target_bytes + 1), head.version);
  if (!refusal.empty()) {
    return {refusal == "version_not_supported" ? ReplyCode::kHttpVersionNotSupported
                                               : ReplyCode::kMalformedRequest,
            refusal};
  }
  return parse_target(head);
}

// RFC 9112 §3.2: one valid Host, and none that says otherwise than the target.
Refusal check_host(RequestHead& head) {
  const Header* host = head.headers.find(KnownHeader::kHost);
  if (host == nullptr) {
    return head.version == Version::kHttp10 ? Refusal() : malformed("missing_host");
  }
  if (head.headers.count(KnownHeader::kHost) > 1) {
    return malformed("two_hosts");
  }
  if (!is_authority(host->value)) {
    return malformed("invalid_host");
  }
  if (!head.authority.empty() && !equals_ignoring_case(head.authority, host->value)) {
    return malformed("host_differs_from_target");
  }
  head.authority = host->value;
  return {};
}

Refusal settle_framing(RequestHead& head) {
  const h1::FramingFields fields = h1::read_framing_fields(head.headers, head.version);
  if (!fields.refusal.empty()) {
    return malformed(fields.refusal);
  }
  if (fields.is_chunked) {
    head.framing = Framing::kChunked;
  } else if (fields.length > 0) {
    head.framing = Framing::kContentLength;
    head.content_length = fields.length;
  }
  head.keep_alive = h1::wants_keep_alive(head.headers, head.version);
  return {};
}

// RFC 9110 §10.1.1: an HTTP/1.0 peer cannot mean it.
Refusal check_expectation(RequestHead& head) {
  if (head.headers.find(KnownHeader::kExpect) == nullptr) {
    return {};
  }
  for (const Header& header : head.headers) {
    if (header.known == KnownHeader::kExpect &&
        !equals_ignoring_case(header.value, "100-continue")) {
      return {ReplyCode::kExpectationFailed, "expectation_not_supported"};
    }
  }
  head.expects_continue = head.version != Version::kHttp10 && head.framing != Framing::kNone;
  return {};
}

// `text`: a whole head in the arena.
Refusal parse_lines(std::string_view text, const HeadLimits& limits, RequestHead& head) {
  const size_t line_end = text.find("\r\n");
  if (Refusal refusal = parse_request_line(text.substr(0, line_end), limits, head);
      refusal.is_set()) {
    return refusal;
  }
  const std::string_view fields = text.substr(line_end + 2, text.size() - line_end - 4);
  const std::string_view reason = h1::parse_field_lines(fields, limits.headers_max, head.headers);
  if (!reason.empty()) {
    return reason == "too_many_headers" ? Refusal{ReplyCode::kHeadersTooLarge, reason}
                                        : malformed(reason);
  }
  for (const auto check : {check_host, settle_framing, check_expectation}) {
    if (Refusal refusal = check(head); refusal.is_set()) {
      return refusal;
    }
  }
  return {};
}

bool is_target_too_long(std::string_view text, const HeadLimits& limits) {
  if (text.size() <= limits.target_bytes_max) [[likely]] {
    return false;
  }
  const std::string_view line = text.substr(0, text.find('\r'));
  const size_t method_end = line.find(' ');
  return method_end != std::string_view::npos &&
         line.substr(method_end + 1).substr(0, line.substr(method_end + 1).find(' ')).size() >
             limits.target_bytes_max;
}

HeadParse refused(Refusal refusal) {
  return {.state = HeadParse::State::kRefused, .reply = refusal.reply, .reason = refusal.reason};
}

// A head that ended early: the record still gets the method and target that were sent.
HeadParse refused_unfinished(std::string_view text, const HeadLimits& limits, Arena& arena,
                             RequestHead& head, Refusal refusal) {
  const std::string_view line = arena.copy(text.substr(0, text.find('\r')));
  static_cast<void>(parse_request_line(line, limits, head));
  return refused(refusal);
}

}  // namespace

HeadParse parse_request_head(std::string_view bytes, size_t& scanned, const HeadLimits& limits,
                             Arena& arena, RequestHead& head) {
  // RFC 9112 §2.2: one empty line before the request is forgiven.
  const size_t start = bytes.starts_with("\r\n") ? 2 : 0;
  const std::string_view in_limit = bytes.substr(0, start + limits.head_bytes_max);
  const h1::HeadScan scan = h1::scan_head(in_limit, std::max(scanned, start));
  scanned = scan.at;
  const std::string_view text = in_limit.substr(std::min(start, scan.at), scan.at - start);

  // In the order of the bytes, so that it never matters in how many pieces they came.
  if (is_target_too_long(text, limits)) {
    return refused_unfinished(text, limits, arena, head,
                              {ReplyCode::kUriTooLong, "target_too_long"});
  }
  switch (scan.state) {
    case h1::HeadScan::State::kRefused:
      return refused_unfinished(text, limits, arena, head, malformed(scan.reason));
    case h1::HeadScan::State::kIncomplete:
      if (bytes.size() - start >= limits.head_bytes_max) {
        return refused_unfinished(text, limits, arena, head,
                                  {ReplyCode::kHeadersTooLarge, "head_too_large"});
      }
      return {};
    case h1::HeadScan::State::kEnd: break;
  }
  head.head_bytes = static_cast<uint32_t>(scan.at);
  const Refusal refusal = parse_lines(h1::copy_head(text, arena), limits, head);
  if (refusal.is_set()) {
    return refused(refusal);
  }
  return {.state = HeadParse::State::kComplete, .consumed = scan.at};
}

}  // namespace zerq::http
