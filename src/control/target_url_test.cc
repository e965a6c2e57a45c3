// SPDX-License-Identifier: Apache-2.0
#include "control/target_url.h"

#include <gtest/gtest.h>

#include "control/rfc3339_time.h"

namespace zerq::control {
namespace {

std::string parsed(const std::string& url) {
  config::Diagnostics problems;
  const auto target =
      parse_target_url({.value = url, .place = {.file = "f", .line = 1, .column = 1}}, problems);
  EXPECT_EQ(target.has_value(), !problems.has_errors());
  return target.has_value() ? target->host + " " + std::to_string(target->port) + " " + target->path
                            : problems.sorted()[0].allowed;
}

TEST(TargetUrl, HasHostPortAndPath) {
  EXPECT_EQ(parsed("http://api.example"), "api.example 80 ");
  EXPECT_EQ(parsed("http://API.Example:8080/v1/x"), "api.example 8080 /v1/x");
  EXPECT_EQ(parsed("http://127.0.0.1:9000/"), "127.0.0.1 9000 /");
  EXPECT_EQ(parsed("http://[::1]:9000/a"), "::1 9000 /a");
  EXPECT_EQ(parsed("http://my_service"), "my_service 80 ");
}

TEST(TargetUrl, RefusesEverythingElse) {
  EXPECT_EQ(parsed("https://api.example"), "not_supported: https; http://HOST[:PORT][/PATH]");
  for (const char* url : {"", "api.example", "127.0.0.1:9000", "ftp://a", "HTTP//a", "//a"}) {
    EXPECT_EQ(parsed(url), "http://HOST[:PORT][/PATH]") << url;
  }
  for (const char* url :
       {"http://a?x", "http://a/b?x=1", "http://a#x", "http://u@a", "http://u:p@a/"}) {
    EXPECT_EQ(parsed(url), "no query, no fragment, no user info") << url;
  }
  for (const char* url : {"http://", "http:///a", "http://a b", "http://ä", "http://.a",
                          "http://a..b", "http://a.", "http://-a", "http://a%20b"}) {
    EXPECT_EQ(parsed(url), "a host name or an IP address") << url;
  }
  for (const char* url : {"http://a:", "http://a:0", "http://a:65536", "http://a:8x", "http://a:-1",
                          "http://a:b:80", "http://a: 1", "http://[::1]8"}) {
    EXPECT_EQ(parsed(url), "a port from 1 to 65535") << url;
  }
  for (const char* url : {"http://[::1", "http://[::1:9000/"}) {
    EXPECT_EQ(parsed(url), "an IPv6 address ends in ]") << url;
  }
  for (const char* url : {"http://[]", "http://[127.0.0.1]", "http://[x]"}) {
    EXPECT_EQ(parsed(url), "an IPv6 address in brackets") << url;
  }
}

TEST(Rfc3339Time, ReadsDatesWithFractionAndOffset) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z"), WallTime{0});
  EXPECT_EQ(parse_rfc3339("2027-01-31T12:34:56Z"), WallTime{1801398896'000'000});
  EXPECT_EQ(parse_rfc3339("2027-01-31t12:34:56.5z"), WallTime{1801398896'500'000});
  EXPECT_EQ(parse_rfc3339("2027-01-31T14:34:56+02:00"), WallTime{1801398896'000'000});
  EXPECT_EQ(parse_rfc3339("2027-01-31T07:04:56.123456789-05:30"), WallTime{1801398896'123'456});
}

TEST(Rfc3339Time, RefusesWhatIsNoDate) {
  for (const char* text :
       {"", "tomorrow", "2027-01-31", "2027-02-30T00:00:00Z", "2027-13-01T00:00:00Z",
        "2027-01-31T24:00:00Z", "2027-01-31T12:60:00Z", "2027-01-31T12:00:00",
        "2027-1-31T12:00:00Z", "2027-01-31T12:00:00+24:00", "2027-01-31T12:00:00Z ",
        "2027-01-31T12:00:00.Z", "-027-01-31T12:00:00Z", "2027-01-31T12:00:00+0200"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace zerq::control
