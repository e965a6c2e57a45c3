// SPDX-License-Identifier: Apache-2.0
#include "auth/jwt_verifier.h"

#include <gtest/gtest.h>

#include "text/base64url.h"
#include "text/json.h"

namespace zerq::auth {
namespace {

TEST(JwtVerifier, AcceptsTheTokenOfRfc7515AppendixA1) {
  JwtConfig config;
  config.secret =
      text::decode_base64url(
          "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
          .value();
  config.issuer = "joe";
  std::vector<AuthProblem> problems;
  const auto verifier = JwtVerifier::compile(config, problems);
  ASSERT_NE(verifier, nullptr) << problems.at(0).message;
  HeapBlocks blocks;
  Arena arena(blocks);
  const auto result = verifier->verify(
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
      "fQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
      WallTime{1300819300LL * 1000000}, arena);
  ASSERT_TRUE(result) << token_refusal_reason(result.error());
}

}  // namespace
}  // namespace zerq::auth
