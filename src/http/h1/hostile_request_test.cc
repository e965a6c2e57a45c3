// SPDX-License-Identifier: Apache-2.0
// Replays test/conformance/h1_hostile.json: every case must be refused, with its reason, in however
// many pieces it comes. The end-to-end suite sends the same bytes to a running gateway.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "http/server_codec.h"
#include "text/canonical_path.h"
#include "text/json.h"

namespace zerq::http {
namespace {

struct Verdict {
  int status = 0;  // 0: nothing was refused.
  std::string reason;

  friend bool operator==(const Verdict&, const Verdict&) = default;
};

int status_of(ReplyCode reply) {
  switch (reply) {
    case ReplyCode::kMalformedRequest:
    case ReplyCode::kAmbiguousPath: return 400;
    case ReplyCode::kUriTooLong: return 414;
    case ReplyCode::kExpectationFailed: return 417;
    case ReplyCode::kHeadersTooLarge: return 431;
    case ReplyCode::kHttpVersionNotSupported: return 505;
    default: return -1;
  }
}

// Reads requests as a connection would, `piece_bytes` at a time, until one is refused.
class Reader {
 public:
  Reader(std::string_view bytes, size_t piece_bytes) : bytes_(bytes), piece_bytes_(piece_bytes) {}

  Verdict read() {
    for (;;) {
      Arena arena(blocks_);
      RequestHead head(arena);
      Verdict verdict;
      if (!read_head(arena, head, verdict) || !judge(arena, head, verdict) ||
          !read_body(arena, head, verdict)) {
        return verdict;
      }
    }
  }

 private:
  bool wait_for_more() {
    available_ = std::min(bytes_.size(), available_ + piece_bytes_);
    return available_ > had_ ? (had_ = available_, true) : false;
  }
  std::string_view at_hand() const { return bytes_.substr(at_, available_ - at_); }

  bool read_head(Arena& arena, RequestHead& head, Verdict& verdict) {
    size_t scanned = 0;
    for (;;) {
      const HeadParse parse = parse_request_head(at_hand(), scanned, HeadLimits(), arena, head);
      if (parse.state == HeadParse::State::kRefused) {
        verdict = {status_of(parse.reply), std::string(parse.reason)};
        return false;
      }
      if (parse.state == HeadParse::State::kComplete) {
        at_ += parse.consumed;
        return true;
      }
      if (!wait_for_more()) {
        return false;
      }
    }
  }

  bool judge(Arena& arena, const RequestHead& head, Verdict& verdict) {
    if (head.method == Method::kOther) {
      verdict = {501, ""};
      return false;
    }
    if (head.raw_path == "*") {
      return true;
    }
    const text::CanonicalPath path = text::canonicalise_path(head.raw_path, {}, arena);
    if (path.refusal != text::PathRefusal::kNone) {
      verdict = {400, std::string(path.reason)};
      return false;
    }
    return true;
  }

  bool read_body(Arena& arena, const RequestHead& head, Verdict& verdict) {
    BodyDecoder decoder(head.framing, head.content_length, BodyLimits(), arena);
    for (;;) {
      const BodyDecoder::Step step = decoder.next(at_hand());
      at_ += step.consumed;
      if (step.state == BodyDecoder::Step::State::kRefused) {
        verdict = {400, std::string(step.reason)};
        return false;
      }
      if (step.state == BodyDecoder::Step::State::kDone) {
        return true;
      }
      if (step.state == BodyDecoder::Step::State::kNeedMore && !wait_for_more()) {
        return false;
      }
    }
  }

  HeapBlocks blocks_;
  std::string_view bytes_;
  size_t piece_bytes_;
  size_t at_ = 0;
  size_t available_ = 0;
  size_t had_ = 0;
};

// JSON text holds each byte as the character of that number.
std::string bytes_of(std::string_view utf8) {
  std::string bytes;
  for (size_t i = 0; i < utf8.size(); ++i) {
    const auto c = static_cast<unsigned char>(utf8[i]);
    if (c < 0x80) {
      bytes += static_cast<char>(c);
    } else {
      bytes += static_cast<char>((c & 0x03) << 6 | (static_cast<unsigned char>(utf8[++i]) & 0x3F));
    }
  }
  return bytes;
}

// A text, or a list of texts and [text, times].
std::string raw_of(const text::json::value& raw) {
  if (raw.is_string()) {
    return bytes_of(raw.as_string());
  }
  std::string bytes;
  for (const text::json::value& part : raw.as_array()) {
    if (part.is_string()) {
      bytes += bytes_of(part.as_string());
      continue;
    }
    for (int64_t times = part.at(1).as_int64(); times > 0; --times) {
      bytes += bytes_of(part.at(0).as_string());
    }
  }
  return bytes;
}

text::json::array read_cases() {
  std::ifstream file(ZERQ_SOURCE_DIR "/test/conformance/h1_hostile.json");
  std::stringstream content;
  content << file.rdbuf();
  auto tree = text::parse_json(content.str());
  return tree.has_value() ? tree->as_array() : text::json::array();
}

const text::json::array& cases() {
  static const text::json::array all = read_cases();
  return all;
}

void expect_refused(std::string_view row) {
  int seen = 0;
  for (const text::json::value& c : cases()) {
    if (c.at("row").as_string() != row) {
      continue;
    }
    ++seen;
    SCOPED_TRACE(std::string(c.at("name").as_string()) + ", " +
                 std::string(c.at("rfc").as_string()));
    const std::string raw = raw_of(c.at("raw"));
    const Verdict whole = Reader(raw, raw.size()).read();
    const text::json::array& allowed = c.at("expect").as_array();
    EXPECT_TRUE(std::ranges::any_of(
        allowed, [&](const auto& a) { return a.is_int64() && a.as_int64() == whole.status; }))
        << "status " << whole.status << ", " << whole.reason;
    EXPECT_EQ(whole.reason, std::string_view(c.at("reason").as_string()));
    const size_t step = raw.size() > 2000 ? 997 : 1;
    for (size_t piece = 1; piece < std::min<size_t>(raw.size(), step * 64); piece += step) {
      EXPECT_EQ(Reader(raw, std::max<size_t>(piece, step / 4)).read(), whole)
          << "in pieces of " << piece;
    }
  }
  EXPECT_GT(seen, 0);
}

TEST(HostileRequest, LengthAndCodingTogetherAreRefused) { expect_refused("length_and_coding"); }
TEST(HostileRequest, ContentLengthIsOnePlainNumber) { expect_refused("content_length"); }
TEST(HostileRequest, TransferEncodingIsChunkedOnceOrNothing) {
  expect_refused("transfer_encoding");
}
TEST(HostileRequest, ChunksFollowTheGrammar) { expect_refused("chunks"); }
TEST(HostileRequest, TrailersSpeakOfNoFraming) { expect_refused("trailers"); }
TEST(HostileRequest, FieldLinesFollowTheGrammar) { expect_refused("field_lines"); }
TEST(HostileRequest, RequestLineFollowsTheGrammar) { expect_refused("request_line"); }
TEST(HostileRequest, HostIsOneAndValid) { expect_refused("host"); }
TEST(HostileRequest, ExpectationsAreNotIgnored) { expect_refused("expect"); }
TEST(HostileRequest, LimitsAreKept) { expect_refused("limits"); }
TEST(HostileRequest, AmbiguousPathsAreRefused) { expect_refused("path"); }

TEST(HostileRequest, TableIsLargeAndNoRowIsLeftOut) {
  EXPECT_GE(cases().size(), 150U);
  const std::set<std::string> tested = {"length_and_coding",
                                        "content_length",
                                        "transfer_encoding",
                                        "chunks",
                                        "trailers",
                                        "field_lines",
                                        "request_line",
                                        "host",
                                        "expect",
                                        "limits",
                                        "path"};
  std::set<std::string> names;
  for (const text::json::value& c : cases()) {
    EXPECT_TRUE(tested.contains(std::string(c.at("row").as_string())));
    EXPECT_TRUE(names.insert(std::string(c.at("name").as_string())).second) << c.at("name");
    EXPECT_TRUE(c.at("rfc").as_string().starts_with("RFC "));
  }
}

}  // namespace
}  // namespace zerq::http
