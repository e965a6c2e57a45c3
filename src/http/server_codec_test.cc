// SPDX-License-Identifier: Apache-2.0
#include "http/server_codec.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace zerq::http {
namespace {

// What is refused, and why, is in h1/hostile_request_test.cc.
class RequestHeadTest : public testing::Test {
 protected:
  HeadParse parse(std::string_view bytes, const HeadLimits& limits = {}) {
    head_.emplace(arena_);
    scanned_ = 0;
    return parse_request_head(bytes, scanned_, limits, arena_, *head_);
  }
  const RequestHead& parsed(std::string_view bytes) {
    const HeadParse parse_outcome = parse(bytes);
    EXPECT_EQ(parse_outcome.state, HeadParse::State::kComplete) << parse_outcome.reason;
    return *head_;
  }
  const RequestHead& head() const { return *head_; }

  HeapBlocks blocks_;
  Arena arena_{blocks_};
  std::optional<RequestHead> head_;
  size_t scanned_ = 0;
};

TEST_F(RequestHeadTest, HasEveryPart) {
  const std::string_view bytes =
      "POST /a/b?c=d HTTP/1.1\r\nHost: a.example:81\r\nX-Own: \t one  two \t\r\n"
      "Content-Length: 5\r\n\r\nhello";
  const HeadParse outcome = parse(bytes);
  ASSERT_EQ(outcome.state, HeadParse::State::kComplete);
  EXPECT_EQ(bytes.substr(outcome.consumed), "hello");
  EXPECT_EQ(head().method, Method::kPost);
  EXPECT_EQ(head().method_text, "POST");
  EXPECT_EQ(head().target, "/a/b?c=d");
  EXPECT_EQ(head().raw_path, "/a/b");
  EXPECT_EQ(head().query, "c=d");
  EXPECT_TRUE(head().has_query);
  EXPECT_EQ(head().authority, "a.example:81");
  EXPECT_EQ(head().headers.find("x-own")->value, "one  two");
  EXPECT_EQ(head().framing, Framing::kContentLength);
  EXPECT_EQ(head().content_length, 5U);
  EXPECT_TRUE(head().keep_alive);
  EXPECT_EQ(head().head_bytes, outcome.consumed);
}

TEST_F(RequestHeadTest, IsIncompleteUntilTheEmptyLine) {
  const std::string_view bytes = "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
  size_t scanned = 0;
  for (size_t size = 0; size < bytes.size(); ++size) {
    RequestHead head(arena_);
    EXPECT_EQ(parse_request_head(bytes.substr(0, size), scanned, {}, arena_, head).state,
              HeadParse::State::kIncomplete);
  }
  RequestHead head(arena_);
  const HeadParse outcome = parse_request_head(bytes, scanned, {}, arena_, head);
  EXPECT_EQ(outcome.state, HeadParse::State::kComplete);
  EXPECT_EQ(outcome.consumed, bytes.size());
}

TEST_F(RequestHeadTest, LeavesPipelinedRequestsAlone) {
  const std::string_view one = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string both = std::string(one) + "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_EQ(parse(both).consumed, one.size());
  EXPECT_EQ(head().target, "/1");
}

// RFC 9112 §3.2.2.
TEST_F(RequestHeadTest, AbsoluteFormNamesAuthorityPathAndQuery) {
  EXPECT_EQ(parsed("GET http://a.example/x?y HTTP/1.1\r\nHost: A.example\r\n\r\n").raw_path, "/x");
  EXPECT_EQ(head().query, "y");
  EXPECT_EQ(head().authority, "A.example");
  EXPECT_EQ(parsed("GET HTTPS://a.example HTTP/1.1\r\nHost: a.example\r\n\r\n").raw_path, "/");
  EXPECT_EQ(parsed("GET http://a.example?q HTTP/1.1\r\nHost: a.example\r\n\r\n").query, "q");
  EXPECT_EQ(head().raw_path, "/");
  EXPECT_EQ(parsed("GET http://a.example/ HTTP/1.0\r\n\r\n").authority, "a.example");
}

TEST_F(RequestHeadTest, TellsAnEmptyQueryFromNone) {
  EXPECT_TRUE(parsed("GET /? HTTP/1.1\r\nHost: a\r\n\r\n").has_query);
  EXPECT_FALSE(parsed("GET / HTTP/1.1\r\nHost: a\r\n\r\n").has_query);
  EXPECT_EQ(parsed("GET /?a?b HTTP/1.1\r\nHost: a\r\n\r\n").query, "a?b");
}

TEST_F(RequestHeadTest, AsteriskIsForOptions) {
  EXPECT_EQ(parsed("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").raw_path, "*");
}

// RFC 9112 §9.3.
TEST_F(RequestHeadTest, KeepsAliveAsVersionAndConnectionSay) {
  const auto keeps = [&](std::string_view version, std::string_view connection) {
    return parsed("GET / " + std::string(version) + "\r\nHost: a\r\n" + std::string(connection) +
                  "\r\n")
        .keep_alive;
  };
  EXPECT_TRUE(keeps("HTTP/1.1", ""));
  EXPECT_FALSE(keeps("HTTP/1.0", ""));
  EXPECT_TRUE(keeps("HTTP/1.0", "Connection: Keep-Alive\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: close\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: x , CLOSE\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.0", "Connection: keep-alive, close\r\n"));
  EXPECT_TRUE(keeps("HTTP/1.1", "Connection: closed\r\n"));
}

// RFC 9112 §6: the method has no say.
TEST_F(RequestHeadTest, FramingIsTheSameForEveryMethod) {
  for (const std::string method :
       {"GET", "HEAD", "DELETE", "OPTIONS", "POST", "PUT", "PATCH", "BREW"}) {
    EXPECT_EQ(
        parsed(method + " / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n").framing,
        Framing::kChunked);
    EXPECT_EQ(
        parsed(method + " / HTTP/1.1\r\nHost: a\r\nContent-Length: 007\r\n\r\n").content_length,
        7U);
    EXPECT_EQ(parsed(method + " / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").framing,
              Framing::kNone);
    EXPECT_EQ(parsed(method + " / HTTP/1.1\r\nHost: a\r\n\r\n").framing, Framing::kNone);
  }
  EXPECT_EQ(parsed("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n\r\n")
                .content_length,
            9223372036854775807U);
}

// Connection may name anything; what frames the message stays.
TEST_F(RequestHeadTest, FramingSurvivesAConnectionThatNamesIt) {
  EXPECT_EQ(
      parsed(
          "POST / HTTP/1.1\r\nHost: a\r\nConnection: Content-Length\r\nContent-Length: 3\r\n\r\n")
          .content_length,
      3U);
  EXPECT_EQ(parsed("POST / HTTP/1.1\r\nHost: a\r\nConnection: Transfer-Encoding\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n")
                .framing,
            Framing::kChunked);
}

// RFC 9110 §10.1.1.
TEST_F(RequestHeadTest, ExpectsContinueOnlyWithABodyAndOnlyIn11) {
  EXPECT_TRUE(
      parsed("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n")
          .expects_continue);
  EXPECT_FALSE(
      parsed("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n").expects_continue);
  EXPECT_FALSE(parsed("PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
                   .expects_continue);
}

TEST_F(RequestHeadTest, UnknownMethodsAreOther) {
  EXPECT_EQ(parsed("BREW / HTTP/1.1\r\nHost: a\r\n\r\n").method, Method::kOther);
  EXPECT_EQ(head().method_text, "BREW");
  EXPECT_EQ(parsed("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n").method, Method::kOther);
  EXPECT_EQ(parsed("get / HTTP/1.1\r\nHost: a\r\n\r\n").method, Method::kOther);
}

TEST_F(RequestHeadTest, ValuesMayHoldHighBytesAndTabs) {
  EXPECT_EQ(
      parsed("GET / HTTP/1.1\r\nHost: a\r\nX: \xE9\tz\r\nEmpty:\r\n\r\n").headers.find("x")->value,
      "\xE9\tz");
  EXPECT_EQ(head().headers.find("empty")->value, "");
}

TEST_F(RequestHeadTest, LimitsAreExact) {
  const std::string bytes = "GET /1234 HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n";
  const auto size = static_cast<uint32_t>(bytes.size());
  EXPECT_EQ(parse(bytes, {.head_bytes_max = size}).state, HeadParse::State::kComplete);
  EXPECT_EQ(parse("\r\n" + bytes, {.head_bytes_max = size}).state, HeadParse::State::kComplete);
  EXPECT_EQ(parse(bytes, {.head_bytes_max = size - 1}).reply, ReplyCode::kHeadersTooLarge);
  EXPECT_EQ(parse(bytes, {.headers_max = 2}).state, HeadParse::State::kComplete);
  EXPECT_EQ(parse(bytes, {.headers_max = 1}).reply, ReplyCode::kHeadersTooLarge);
  EXPECT_EQ(parse(bytes, {.target_bytes_max = 5}).state, HeadParse::State::kComplete);
  EXPECT_EQ(parse(bytes, {.target_bytes_max = 4}).reply, ReplyCode::kUriTooLong);
}

TEST_F(RequestHeadTest, RefusedHeadsKeepWhatWasRead) {
  EXPECT_EQ(parse("GET /a HTTP/1.1\r\nHost: a\r\nBad : x\r\n\r\n").state,
            HeadParse::State::kRefused);
  EXPECT_EQ(head().target, "/a");
  EXPECT_EQ(head().headers.find(KnownHeader::kHost)->value, "a");
  EXPECT_EQ(parse("GET /a HTTP/1.1\r\nHost: a\nx").reason, "bare_lf");
  EXPECT_EQ(head().method, Method::kGet);
  EXPECT_EQ(head().raw_path, "/a");
  EXPECT_EQ(parse("GET /" + std::string(20000, 'a')).reason, "target_too_long");
  EXPECT_EQ(head().method_text, "GET");
  EXPECT_EQ(head().target.substr(0, 3), "/aa");
}

TEST(Method, ParsesItsOwnNames) {
  for (const Method method : {Method::kGet, Method::kPost, Method::kPut, Method::kDelete,
                              Method::kPatch, Method::kHead, Method::kOptions}) {
    EXPECT_EQ(parse_method(method_name(method)), method);
  }
  for (const std::string_view token : {"", "GE", "GETT", "get", "TRACE", "CONNECT"}) {
    EXPECT_EQ(parse_method(token), Method::kOther);
  }
}

// RFC 9110 §9.2.2.
TEST(Method, IdempotentAreAllButPostPatchAndOthers) {
  EXPECT_TRUE(is_idempotent(Method::kGet) && is_idempotent(Method::kPut) &&
              is_idempotent(Method::kDelete) && is_idempotent(Method::kHead) &&
              is_idempotent(Method::kOptions));
  EXPECT_FALSE(is_idempotent(Method::kPost) || is_idempotent(Method::kPatch) ||
               is_idempotent(Method::kOther));
}

}  // namespace
}  // namespace zerq::http
