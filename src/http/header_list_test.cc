// SPDX-License-Identifier: Apache-2.0
#include "http/header_list.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace zerq::http {
namespace {

constexpr std::pair<std::string_view, KnownHeader> kSpelled[] = {
    {"Accept", KnownHeader::kAccept},
    {"Authorization", KnownHeader::kAuthorization},
    {"Connection", KnownHeader::kConnection},
    {"Content-Encoding", KnownHeader::kContentEncoding},
    {"Content-Length", KnownHeader::kContentLength},
    {"Content-Type", KnownHeader::kContentType},
    {"Cookie", KnownHeader::kCookie},
    {"Date", KnownHeader::kDate},
    {"Expect", KnownHeader::kExpect},
    {"Forwarded", KnownHeader::kForwarded},
    {"Host", KnownHeader::kHost},
    {"Idempotency-Key", KnownHeader::kIdempotencyKey},
    {"Keep-Alive", KnownHeader::kKeepAlive},
    {"Origin", KnownHeader::kOrigin},
    {"Proxy-Authenticate", KnownHeader::kProxyAuthenticate},
    {"Proxy-Authorization", KnownHeader::kProxyAuthorization},
    {"Proxy-Connection", KnownHeader::kProxyConnection},
    {"RateLimit", KnownHeader::kRateLimit},
    {"RateLimit-Limit", KnownHeader::kRateLimitLimit},
    {"RateLimit-Policy", KnownHeader::kRateLimitPolicy},
    {"RateLimit-Remaining", KnownHeader::kRateLimitRemaining},
    {"RateLimit-Reset", KnownHeader::kRateLimitReset},
    {"Retry-After", KnownHeader::kRetryAfter},
    {"Server", KnownHeader::kServer},
    {"Set-Cookie", KnownHeader::kSetCookie},
    {"TE", KnownHeader::kTe},
    {"Traceparent", KnownHeader::kTraceparent},
    {"Trailer", KnownHeader::kTrailer},
    {"Transfer-Encoding", KnownHeader::kTransferEncoding},
    {"Upgrade", KnownHeader::kUpgrade},
    {"User-Agent", KnownHeader::kUserAgent},
    {"Vary", KnownHeader::kVary},
    {"Via", KnownHeader::kVia},
    {"WWW-Authenticate", KnownHeader::kWwwAuthenticate},
    {"X-API-Key", KnownHeader::kXApiKey},
    {"X-Client-ID", KnownHeader::kXClientId},
    {"X-Forwarded-For", KnownHeader::kXForwardedFor},
    {"X-Forwarded-Host", KnownHeader::kXForwardedHost},
    {"X-Forwarded-Proto", KnownHeader::kXForwardedProto},
    {"X-Profile-ID", KnownHeader::kXProfileId},
    {"X-Request-ID", KnownHeader::kXRequestId},
    {"X-Zerq-Client", KnownHeader::kXZerq},
    {"X-Zerq-Anything", KnownHeader::kXZerq},
};

TEST(KnownHeader, IsRecognisedInEveryCase) {
  for (const auto& [name, known] : kSpelled) {
    EXPECT_EQ(known_header(name), known) << name;
    std::string upper(name);
    std::string lower(name);
    for (size_t i = 0; i < name.size(); ++i) {
      upper[i] = static_cast<char>(std::toupper(name[i]));
      lower[i] = static_cast<char>(std::tolower(name[i]));
    }
    EXPECT_EQ(known_header(upper), known) << upper;
    EXPECT_EQ(known_header(lower), known) << lower;
  }
}

TEST(KnownHeader, IsNotMistakenForANeighbour) {
  for (const auto& [name, known] : kSpelled) {
    for (size_t i = 0; i < name.size(); ++i) {
      for (int c = 0; c < 256; ++c) {
        std::string other(name);
        other[i] = static_cast<char>(c);
        if (!equals_ignoring_case(other, name) && known != KnownHeader::kXZerq) {
          ASSERT_NE(known_header(other), known) << other;
        }
      }
    }
    EXPECT_NE(known_header(name.substr(1)), known);
  }
  for (const std::string_view name :
       {"", "x", "-", "X-Zerq-", "X-Zerq", "X_Zerq_Client", "Hosts"}) {
    EXPECT_EQ(known_header(name), KnownHeader::kNone) << name;
  }
}

class HeaderListTest : public testing::Test {
 protected:
  HeapBlocks blocks_;
  Arena arena_{blocks_};
  HeaderList list_{arena_};
};

TEST_F(HeaderListTest, KeepsOrderAndCaseAcrossGrowth) {
  std::vector<std::string> names;
  for (int i = 0; i < 300; ++i) {
    names.push_back("X-" + std::to_string(i));
  }
  for (const std::string& name : names) {
    list_.add(name, "v");
  }
  ASSERT_EQ(list_.size(), 300U);
  size_t i = 0;
  for (const Header& header : list_) {
    EXPECT_EQ(header.name, names[i++]);
  }
}

TEST_F(HeaderListTest, FindsTheFirstOfAName) {
  list_.add("Accept", "a");
  list_.add("accept", "b");
  list_.add("X-Own", "c");
  EXPECT_EQ(list_.find(KnownHeader::kAccept)->value, "a");
  EXPECT_EQ(list_.count(KnownHeader::kAccept), 2U);
  EXPECT_EQ(list_.find("x-own")->value, "c");
  EXPECT_EQ(list_.find(KnownHeader::kHost), nullptr);
  EXPECT_EQ(list_.count(KnownHeader::kHost), 0U);
  EXPECT_EQ(list_.find("y"), nullptr);
}

TEST_F(HeaderListTest, RemovesEveryFieldOfAName) {
  for (const char* name : {"Host", "X-Own", "HOST", "x-own", "Accept"}) {
    list_.add(name, "v");
  }
  list_.remove(KnownHeader::kHost);
  EXPECT_EQ(list_.size(), 3U);
  EXPECT_EQ(list_.find(KnownHeader::kHost), nullptr);
  list_.remove("X-OWN");
  ASSERT_EQ(list_.size(), 1U);
  EXPECT_EQ(list_.begin()->known, KnownHeader::kAccept);
  list_.remove("accept");
  EXPECT_EQ(list_.find(KnownHeader::kAccept), nullptr);
  list_.add("Accept", "again");
  EXPECT_EQ(list_.find(KnownHeader::kAccept)->value, "again");
}

TEST(EqualsIgnoringCase, FoldsLettersOnly) {
  EXPECT_TRUE(equals_ignoring_case("aZ-09", "Az-09"));
  EXPECT_FALSE(equals_ignoring_case("a", "ab"));
  EXPECT_FALSE(equals_ignoring_case("@", "`"));
  EXPECT_FALSE(equals_ignoring_case("[", "{"));
  EXPECT_FALSE(equals_ignoring_case("\r", "-"));
}

}  // namespace
}  // namespace zerq::http
