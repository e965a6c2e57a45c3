// SPDX-License-Identifier: Apache-2.0
// Response heads: the verdict does not depend on the pieces the bytes came in, and an accepted head
// never leaves its body's end in doubt on a connection that is kept.
#include <algorithm>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "http/client_codec.h"
#include "http/h1/head_scan.h"

namespace zerq::http {
namespace {

constexpr HeadLimits kLimits{.head_bytes_max = 2048, .headers_max = 12};

void check_accepted(const ResponseHead& head, Method method) {
  CHECK(head.status >= 100 && head.status <= 599);
  if (head.framing == Framing::kUntilClose) {
    CHECK(!head.keep_alive);
  }
  if (method == Method::kHead || head.status < 200 || head.status == 204 || head.status == 304) {
    CHECK(head.framing == Framing::kNone);
  }
  CHECK(head.framing != Framing::kContentLength || head.content_length > 0);
  for (const Header& header : head.headers) {
    CHECK(h1::find_control(header.value) == header.value.size());
  }
  const bool has_both = head.headers.find(KnownHeader::kContentLength) != nullptr &&
                        head.headers.find(KnownHeader::kTransferEncoding) != nullptr;
  CHECK(!has_both);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  if (size == 0) {
    return 0;
  }
  const Method method = (input[0] & 1) != 0 ? Method::kHead : Method::kGet;
  const std::string_view bytes(reinterpret_cast<const char*>(input) + 1, size - 1);
  HeapBlocks blocks;
  Arena arena(blocks);
  ResponseHead head(arena);
  size_t scanned = 0;
  const HeadParse whole = parse_response_head(bytes, scanned, kLimits, method, arena, head);
  const size_t step = std::max<size_t>(1, bytes.size() / 256);
  for (size_t at = 0; at <= bytes.size(); at += step) {
    Arena split_arena(blocks);
    ResponseHead split_head(split_arena);
    size_t split_scanned = 0;
    HeadParse split = parse_response_head(bytes.substr(0, at), split_scanned, kLimits, method,
                                          split_arena, split_head);
    if (split.state == HeadParse::State::kIncomplete) {
      split = parse_response_head(bytes, split_scanned, kLimits, method, split_arena, split_head);
    }
    CHECK(split.state == whole.state && split.reason == whole.reason);
    CHECK(split.consumed == whole.consumed);
    CHECK(split_head.status == head.status && split_head.framing == head.framing);
  }
  if (whole.state == HeadParse::State::kComplete) {
    check_accepted(head, method);
  }
  return 0;
}

}  // namespace zerq::http
