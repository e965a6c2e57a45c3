// SPDX-License-Identifier: Apache-2.0
#include "auth/bearer_token.h"

#include <gtest/gtest.h>

#include <string>

namespace zerq::auth {
namespace {

struct BearerCase {
  const char* header;
  const char* token;  // Or the reason, in brackets.
};

TEST(BearerToken, IsTheOnlyWordBehindItsScheme) {
  const BearerCase cases[] = {
      {"Bearer abc.def-_", "abc.def-_"},
      {"bearer abc", "abc"},
      {"BEARER   abc", "abc"},
      {"", "[no_credential]"},
      {"Bearer ", "[no_credential]"},
      {"Bearer", "[not_bearer]"},
      {"Bearerabc", "[not_bearer]"},
      {"Bearer\tabc", "[not_bearer]"},
      {" Bearer abc", "[not_bearer]"},
      {"Basic abc", "[not_bearer]"},
      {"abc", "[not_bearer]"},
      {"Bearer a b", "[not_bearer]"},
      {"Bearer a,Bearer b", "[not_bearer]"},
      {"Bearer a\tb", "[not_bearer]"},
      {"\"earer abc", "[not_bearer]"},
  };
  for (const BearerCase& c : cases) {
    const auto token = parse_bearer(c.header);
    EXPECT_EQ(
        token ? std::string(*token) : "[" + std::string(token_refusal_reason(token.error())) + "]",
        c.token)
        << c.header;
  }
}

}  // namespace
}  // namespace zerq::auth
