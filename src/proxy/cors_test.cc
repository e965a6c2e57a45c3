// SPDX-License-Identifier: Apache-2.0
#include "proxy/cors.h"

#include <gtest/gtest.h>

namespace zerq::proxy {
namespace {

CorsRules some_rules() {
  CorsRules rules;
  rules.exact = {"https://app.example", "http://localhost:3000"};
  rules.below = {"https://", ".shop.example"};
  return rules;
}

TEST(Cors, OriginsAreExactOrOneLabelBelow) {
  struct Case {
    std::string_view origin;
    bool is_allowed;
  };
  const CorsRules rules = some_rules();
  for (const Case& c : std::initializer_list<Case>{{"https://app.example", true},
                                                   {"HTTPS://App.Example", true},
                                                   {"http://app.example", false},
                                                   {"https://app.example:8443", false},
                                                   {"https://app.example.evil", false},
                                                   {"http://localhost:3000", true},
                                                   {"http://localhost", false},
                                                   {"https://de.shop.example", true},
                                                   {"https://a.b.shop.example", false},
                                                   {"https://shop.example", false},
                                                   {"https://.shop.example", false},
                                                   {"https://evilshop.example", false},
                                                   {"https://u@x.shop.example", false},
                                                   {"https://x:1.shop.example", false},
                                                   {"http://de.shop.example", false},
                                                   {"null", false},
                                                   {"", false}}) {
    EXPECT_EQ(allowed_origin(rules, c.origin), c.is_allowed ? c.origin : "") << c.origin;
  }
}

TEST(Cors, AnyOriginIsToldAsAny) {
  CorsRules rules;
  rules.allows_any = true;
  EXPECT_EQ(allowed_origin(rules, "https://app.example"), "*");
  EXPECT_EQ(allowed_origin(rules, ""), "*");
}

class PreflightTest : public testing::Test {
 protected:
  http::RequestHead head(http::Method method,
                         std::initializer_list<std::pair<std::string_view, std::string_view>> in) {
    http::RequestHead head(arena_);
    head.method = method;
    for (const auto& [name, value] : in) {
      head.headers.add(name, value);
    }
    return head;
  }
  HeapBlocks blocks_;
  Arena arena_{blocks_};
};

TEST_F(PreflightTest, IsOptionsWithOriginAndAskedMethod) {
  using http::Method;
  constexpr std::string_view kAsks = "access-control-request-method";
  EXPECT_TRUE(is_preflight(head(Method::kOptions, {{"Origin", "https://a"}, {kAsks, "PUT"}})));
  EXPECT_FALSE(is_preflight(head(Method::kGet, {{"Origin", "https://a"}, {kAsks, "PUT"}})));
  EXPECT_FALSE(is_preflight(head(Method::kOptions, {{"Origin", "https://a"}})));
  EXPECT_FALSE(is_preflight(head(Method::kOptions, {{kAsks, "PUT"}})));
}

TEST_F(PreflightTest, AskedHeadersAreNamesOrNothing) {
  const auto asked = [this](std::string_view value) {
    return asked_headers(head(http::Method::kOptions, {{"Access-Control-Request-Headers", value}}));
  };
  EXPECT_EQ(asked("content-type, x-a"), "content-type, x-a");
  EXPECT_EQ(asked("x-a; evil"), "");
  EXPECT_EQ(asked_headers(head(http::Method::kOptions, {})), "");
}

TEST(Cors, HeadersOfCors) {
  EXPECT_TRUE(is_cors_header("access-control-allow-origin"));
  EXPECT_TRUE(is_cors_header("Access-Control-Max-Age"));
  EXPECT_FALSE(is_cors_header("Access-Control-"));
  EXPECT_FALSE(is_cors_header("Accept"));
}

}  // namespace
}  // namespace zerq::proxy
