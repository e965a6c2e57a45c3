// SPDX-License-Identifier: Apache-2.0
#include "crypto/sealing_key.h"

#include <gtest/gtest.h>

namespace zerq::crypto {
namespace {

SealingKey key_of(char c) { return SealingKey(as_bytes(std::string(SealingKey::kKeyBytes, c))); }

TEST(SealingKey, OpensWhatItSealed) {
  const SealingKey key = key_of('a');
  for (const std::string& secret :
       {std::string(), std::string("s3cret"), std::string(70'000, 'x')}) {
    EXPECT_EQ(key.open(key.seal(secret, "place"), "place"), secret);
  }
}

TEST(SealingKey, TwoSealsOfOneSecretDiffer) {
  const SealingKey key = key_of('a');
  EXPECT_NE(key.seal("s3cret", "place"), key.seal("s3cret", "place"));
}

TEST(SealingKey, RefusesAnotherKeyAnotherPlaceAndChangedBytes) {
  const SealingKey key = key_of('a');
  const std::string sealed = key.seal("s3cret", "place");
  EXPECT_FALSE(key_of('b').open(sealed, "place").has_value());
  EXPECT_FALSE(key.open(sealed, "elsewhere").has_value());
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(key.open(changed, "place").has_value()) << i;
    EXPECT_FALSE(key.open(sealed.substr(0, i), "place").has_value()) << i;
  }
}

TEST(KeyRing, FindsKeysByTheirId) {
  KeyRing ring;
  ring.add(key_of('a'));
  ring.add(key_of('b'));
  EXPECT_EQ(ring.first().id(), key_of('a').id());
  EXPECT_EQ(ring.find(key_of('b').id()), &ring.keys()[1]);
  EXPECT_EQ(ring.find("0123456789abcdef"), nullptr);
  EXPECT_NE(key_of('a').id(), key_of('b').id());
}

}  // namespace
}  // namespace zerq::crypto
