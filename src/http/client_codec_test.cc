// SPDX-License-Identifier: Apache-2.0
#include "http/client_codec.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace zerq::http {
namespace {

class ResponseHeadTest : public testing::Test {
 protected:
  HeadParse parse(std::string_view bytes, Method method = Method::kGet,
                  const HeadLimits& limits = {}) {
    head_.emplace(arena_);
    size_t scanned = 0;
    return parse_response_head(bytes, scanned, limits, method, arena_, *head_);
  }
  const ResponseHead& parsed(std::string_view bytes, Method method = Method::kGet) {
    const HeadParse outcome = parse(bytes, method);
    EXPECT_EQ(outcome.state, HeadParse::State::kComplete) << outcome.reason << ": " << bytes;
    return *head_;
  }

  HeapBlocks blocks_;
  Arena arena_{blocks_};
  std::optional<ResponseHead> head_;
};

TEST_F(ResponseHeadTest, HasEveryPart) {
  const std::string_view bytes = "HTTP/1.1 404 Not so Found\r\nContent-Length: 2\r\nX: y\r\n\r\nno";
  const HeadParse outcome = parse(bytes);
  ASSERT_EQ(outcome.state, HeadParse::State::kComplete);
  EXPECT_EQ(bytes.substr(outcome.consumed), "no");
  EXPECT_EQ(head_->status, 404);
  EXPECT_EQ(head_->reason, "Not so Found");
  EXPECT_EQ(head_->framing, Framing::kContentLength);
  EXPECT_EQ(head_->content_length, 2U);
  EXPECT_TRUE(head_->keep_alive);
  EXPECT_EQ(head_->headers.find("x")->value, "y");
}

// RFC 9112 §4.
TEST_F(ResponseHeadTest, ReasonMayBeEmptyOrAbsent) {
  EXPECT_EQ(parsed("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n").reason, "");
  EXPECT_EQ(parsed("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n").status, 200);
}

// RFC 9112 §6.3.
TEST_F(ResponseHeadTest, SomeAnswersNeverHaveABody) {
  for (const std::string status : {"100", "101", "103", "204", "304"}) {
    const ResponseHead& head = parsed("HTTP/1.1 " + status + " x\r\n\r\n");
    EXPECT_EQ(head.framing, Framing::kNone) << status;
    EXPECT_TRUE(head.keep_alive) << status;
  }
  EXPECT_EQ(parsed("HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n").framing, Framing::kNone);
  EXPECT_TRUE(head_->keep_alive);
  const ResponseHead& head = parsed("HTTP/1.1 200 x\r\nContent-Length: 9\r\n\r\n", Method::kHead);
  EXPECT_EQ(head.framing, Framing::kNone);
  EXPECT_EQ(head.content_length, 9U);
  EXPECT_EQ(parsed("HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n", Method::kHead).framing,
            Framing::kNone);
  EXPECT_EQ(parsed("HTTP/1.1 200 x\r\n\r\n", Method::kHead).framing, Framing::kNone);
}

TEST_F(ResponseHeadTest, ConnectionIsNotKeptAfterABodyWhereNoneMayBe) {
  EXPECT_FALSE(parsed("HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\n").keep_alive);
  EXPECT_FALSE(parsed("HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n").keep_alive);
  EXPECT_TRUE(parsed("HTTP/1.1 204 x\r\nContent-Length: 0\r\n\r\n").keep_alive);
}

TEST_F(ResponseHeadTest, WithoutAnyLengthItLastsUntilClose) {
  EXPECT_EQ(parsed("HTTP/1.1 200 OK\r\n\r\n").framing, Framing::kUntilClose);
  EXPECT_FALSE(head_->keep_alive);
  EXPECT_EQ(parsed("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n").framing,
            Framing::kUntilClose);
  EXPECT_FALSE(head_->keep_alive);
  EXPECT_EQ(
      parsed("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\n").framing,
      Framing::kContentLength);
  EXPECT_TRUE(head_->keep_alive);
  EXPECT_EQ(parsed("HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n").framing,
            Framing::kChunked);
}

TEST_F(ResponseHeadTest, DoubtfulAnswersAreRefused) {
  const std::pair<std::string, std::string_view> refused[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
       "content_length_and_transfer_encoding"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", "two_content_lengths"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n", "invalid_content_length"},
      {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "invalid_content_length"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
       "transfer_encoding_not_chunked"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
       "two_transfer_encodings"},
      {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "transfer_encoding_in_http_1_0"},
      {"HTTP/1.1 304 x\r\nContent-Length: x\r\n\r\n", "invalid_content_length"},
      {"HTTP/1.1 200 OK\nContent-Length: 1\n\n", "bare_lf"},
      {"HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n", "bare_cr"},
      {"HTTP/1.1 200 O\x01K\r\n\r\n", "control_character"},
      {"HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", "obs_fold"},
      {"HTTP/1.1 200 OK\r\nX : a\r\n\r\n", "space_before_colon"},
      {"HTTP/1.1 200 OK\r\n: a\r\n\r\n", "empty_field_name"},
      {"HTTP/1.1 200 OK\r\nX\r\n\r\n", "missing_colon"},
      {"HTTP/2.0 200 OK\r\n\r\n", "version_not_supported"},
      {"HTTP/1.2 200 OK\r\n\r\n", "version_not_supported"},
      {"http/1.1 200 OK\r\n\r\n", "invalid_version"},
      {"ICY 200 OK\r\n\r\n", "invalid_version"},
      {"\r\nHTTP/1.1 200 OK\r\n\r\n", "invalid_version"},
      {"HTTP/1.1  200 OK\r\n\r\n", "invalid_status_line"},
      {"HTTP/1.1 20 OK\r\n\r\n", "invalid_status_line"},
      {"HTTP/1.1 2000 OK\r\n\r\n", "invalid_status_line"},
      {"HTTP/1.1 2x0 OK\r\n\r\n", "invalid_status_line"},
      {"HTTP/1.1 -20 OK\r\n\r\n", "invalid_status_line"},
      {"HTTP/1.1\r\n\r\n", "invalid_status_line"},
      {"HTTP/1.1 099 x\r\n\r\n", "invalid_status"},
      {"HTTP/1.1 600 x\r\n\r\n", "invalid_status"},
  };
  for (const auto& [bytes, reason] : refused) {
    const HeadParse outcome = parse(bytes);
    EXPECT_EQ(outcome.state, HeadParse::State::kRefused) << bytes;
    EXPECT_EQ(outcome.reply, ReplyCode::kUpstreamInvalid);
    EXPECT_EQ(outcome.reason, reason) << bytes;
  }
}

TEST_F(ResponseHeadTest, LimitsAreKept) {
  const std::string many = "HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\n\r\n";
  const auto size = static_cast<uint32_t>(many.size());
  EXPECT_EQ(parse(many, Method::kGet, {.head_bytes_max = size}).state, HeadParse::State::kComplete);
  EXPECT_EQ(parse(many, Method::kGet, {.head_bytes_max = size - 1}).reason, "head_too_large");
  EXPECT_EQ(parse(many, Method::kGet, {.headers_max = 1}).reason, "too_many_headers");
}

// RFC 9110 §15.2: any number of them, then the answer.
TEST_F(ResponseHeadTest, InterimAnswersComeBackOneByOne) {
  std::string_view bytes =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 "
      "OK\r\n\r\n";
  for (const int status : {100, 103, 200}) {
    const HeadParse outcome = parse(bytes);
    ASSERT_EQ(outcome.state, HeadParse::State::kComplete);
    EXPECT_EQ(head_->status, status);
    bytes.remove_prefix(outcome.consumed);
  }
}

}  // namespace
}  // namespace zerq::http
