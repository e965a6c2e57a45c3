// SPDX-License-Identifier: Apache-2.0
#include "auth/opaque_token.h"

#include <gtest/gtest.h>

#include <set>

namespace zerq::auth {
namespace {

TEST(OpaqueToken, HasAPrefixAndAtLeast43Characters) {
  const std::string prefix(kOpaqueTokenPrefix);
  EXPECT_TRUE(is_opaque_token("zerq_tok_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH"));
  EXPECT_TRUE(is_opaque_token(prefix + std::string(43, '-')));
  EXPECT_TRUE(is_opaque_token(prefix + std::string(kOpaqueTokenBytesMax - prefix.size(), 'x')));
  for (const std::string& bad :
       {std::string(), prefix, prefix + std::string(42, 'x'), std::string(60, 'x'),
        "Zerq_tok_" + std::string(43, 'x'), " " + prefix + std::string(43, 'x'),
        prefix + std::string(43, 'x') + "=", prefix + std::string(43, 'x') + "\n",
        prefix + std::string(43, '\0'),
        prefix + std::string(kOpaqueTokenBytesMax - prefix.size() + 1, 'x')}) {
    EXPECT_FALSE(is_opaque_token(bad)) << bad;
  }
}

TEST(OpaqueToken, IsNewEachTime) {
  crypto::RandomSource random;
  std::set<std::string> tokens;
  for (int i = 0; i < 1000; ++i) {
    const std::string token = make_opaque_token(random);
    EXPECT_TRUE(is_opaque_token(token)) << token;
    tokens.insert(token);
  }
  EXPECT_EQ(tokens.size(), 1000U);
}

TEST(OpaqueTokenHasher, DependsOnItsKey) {
  const std::string token = "zerq_tok_" + std::string(43, 'x');
  OpaqueTokenHasher one(as_bytes("key one"));
  OpaqueTokenHasher two(as_bytes("key two"));
  EXPECT_EQ(one.hash(token), one.hash(token));
  EXPECT_NE(one.hash(token), two.hash(token));
  EXPECT_EQ(one.hash(token), crypto::hmac_sha256(as_bytes("key one"), as_bytes(token)));
}

}  // namespace
}  // namespace zerq::auth
