// SPDX-License-Identifier: Apache-2.0
#include "crypto/constant_time.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace zerq::crypto {
namespace {

TEST(ConstantTime, EqualOnlyWhenEveryByteIs) {
  const std::string secret = "0123456789abcdef0123456789abcdef";
  EXPECT_TRUE(is_equal_constant_time(as_bytes(secret), as_bytes(std::string(secret))));
  for (size_t i = 0; i < secret.size(); ++i) {
    std::string other = secret;
    other[i] ^= 1;
    EXPECT_FALSE(is_equal_constant_time(as_bytes(secret), as_bytes(other)));
  }
}

TEST(ConstantTime, LengthsMustAgree) {
  EXPECT_TRUE(is_equal_constant_time({}, {}));
  EXPECT_FALSE(is_equal_constant_time(as_bytes("a"), {}));
  EXPECT_FALSE(is_equal_constant_time(as_bytes("a"), as_bytes("ab")));
}

TEST(ConstantTime, WipedSecretsAreZero) {
  std::array<std::byte, 16> secret;
  secret.fill(std::byte{0x5A});
  wipe_secret(secret);
  EXPECT_EQ(secret, (std::array<std::byte, 16>{}));
}

}  // namespace
}  // namespace zerq::crypto
