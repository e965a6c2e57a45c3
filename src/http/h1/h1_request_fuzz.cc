// SPDX-License-Identifier: Apache-2.0
// Request heads: (1) the verdict does not depend on the pieces the bytes came in; (2) an accepted
// head, written again from its parts, parses to the same parts; (3) no control reaches a value.
#include <algorithm>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "http/h1/head_scan.h"
#include "http/h1_writer.h"
#include "http/server_codec.h"

namespace zerq::http {
namespace {

// Small, so that the fuzzer meets every one of them.
constexpr HeadLimits kLimits{.head_bytes_max = 2048, .headers_max = 12, .target_bytes_max = 128};

class TextSink final : public ByteSink {
 public:
  void write(std::string_view bytes) override { text += bytes; }
  std::string text;
};

void check_equal(const RequestHead& a, const RequestHead& b) {
  CHECK(a.method == b.method && a.method_text == b.method_text);
  CHECK(a.target == b.target && a.raw_path == b.raw_path);
  CHECK(a.query == b.query && a.has_query == b.has_query);
  CHECK(a.authority == b.authority);
  CHECK(a.framing == b.framing && a.content_length == b.content_length);
  CHECK(a.keep_alive == b.keep_alive && a.expects_continue == b.expects_continue);
  CHECK(std::ranges::equal(a.headers, b.headers, [](const Header& x, const Header& y) {
    return x.name == y.name && x.value == y.value && x.known == y.known;
  }));
}

void check_rewritten(const RequestHead& head) {
  for (const Header& header : head.headers) {
    CHECK(h1::find_control(header.value) == header.value.size());
    CHECK(header.known == known_header(header.name));
  }
  // The writer speaks 1.1 only, and the two versions differ in what they demand.
  if (head.version != Version::kHttp11) {
    return;
  }
  TextSink out;
  write_request_line(out, head.method_text, head.target);
  for (const Header& header : head.headers) {
    write_header(out, header.name, header.value);
  }
  write_head_end(out);
  HeapBlocks blocks;
  Arena arena(blocks);
  RequestHead again(arena);
  size_t scanned = 0;
  // Written white space may be longer than what was read: "a:b" becomes "a: b".
  HeadLimits limits = kLimits;
  limits.head_bytes_max *= 2;
  const HeadParse parse = parse_request_head(out.text, scanned, limits, arena, again);
  CHECK(parse.state == HeadParse::State::kComplete && parse.consumed == out.text.size());
  check_equal(head, again);
}

// Feeds the bytes in two steps and returns the first verdict.
HeadParse parse_split(std::string_view bytes, size_t at, RequestHead& head, Arena& arena) {
  size_t scanned = 0;
  const HeadParse first = parse_request_head(bytes.substr(0, at), scanned, kLimits, arena, head);
  return first.state == HeadParse::State::kIncomplete
             ? parse_request_head(bytes, scanned, kLimits, arena, head)
             : first;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(input), size);
  HeapBlocks blocks;
  Arena arena(blocks);
  RequestHead head(arena);
  size_t scanned = 0;
  const HeadParse whole = parse_request_head(bytes, scanned, kLimits, arena, head);
  const size_t step = std::max<size_t>(1, size / 256);
  for (size_t at = 0; at <= size; at += step) {
    Arena split_arena(blocks);
    RequestHead split_head(split_arena);
    const HeadParse split = parse_split(bytes, at, split_head, split_arena);
    CHECK(split.state == whole.state && split.reply == whole.reply);
    CHECK(split.reason == whole.reason && split.consumed == whole.consumed);
    if (whole.state == HeadParse::State::kComplete) {
      check_equal(head, split_head);
    }
  }
  if (whole.state == HeadParse::State::kComplete) {
    CHECK(whole.consumed <= size && head.headers.size() <= kLimits.headers_max);
    CHECK(head.target.size() <= kLimits.target_bytes_max);
    check_rewritten(head);
  } else if (whole.state == HeadParse::State::kRefused) {
    CHECK(!whole.reason.empty() && whole.reply != ReplyCode::kNone);
  }
  return 0;
}

}  // namespace zerq::http
