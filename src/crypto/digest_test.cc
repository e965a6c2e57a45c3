// SPDX-License-Identifier: Apache-2.0
#include "crypto/digest.h"

#include <gtest/gtest.h>

#include <string>

namespace zerq::crypto {
namespace {

std::string hex(const Digest256& digest) {
  std::string text;
  for (const std::byte b : digest) {
    static constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[std::to_integer<int>(b) >> 4];
    text += kDigits[std::to_integer<int>(b) & 15];
  }
  return text;
}

// FIPS 180-4 examples, and the empty message.
struct HashCase {
  std::string message;
  const char* digest;
};
const HashCase kHashCases[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {std::string(1'000'000, 'a'),
     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

TEST(Sha256, AgreesWithFips180Examples) {
  Sha256 hasher;
  for (const HashCase& c : kHashCases) {
    EXPECT_EQ(hex(hasher.digest(as_bytes(c.message))), c.digest);
    EXPECT_EQ(hex(sha256(as_bytes(c.message))), c.digest);
  }
}

TEST(Sha256, PiecesGiveTheDigestOfTheWhole) {
  Sha256 hasher;
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(hex(hasher.finish()), kHashCases[0].digest);
    hasher.update(as_bytes("a")).update({}).update(as_bytes("bc"));
    EXPECT_EQ(hex(hasher.finish()), kHashCases[1].digest);
  }
}

TEST(Sha256, OneShotForgetsAnUnfinishedMessage) {
  Sha256 hasher;
  hasher.update(as_bytes("left over"));
  EXPECT_EQ(hex(hasher.digest(as_bytes("abc"))), kHashCases[1].digest);
}

// RFC 4231 §4.
struct MacCase {
  std::string key;
  std::string message;
  const char* digest;
};
const MacCase kMacCases[] = {
    {std::string(20, '\x0b'), "Hi There",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"Jefe", "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {std::string(20, '\xaa'), std::string(50, '\xdd'),
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {"", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
};

TEST(HmacSha256, AgreesWithRfc4231) {
  for (const MacCase& c : kMacCases) {
    HmacSha256 mac(as_bytes(c.key));
    for (int round = 0; round < 3; ++round) {
      EXPECT_EQ(hex(mac.digest(as_bytes(c.message))), c.digest);
    }
    EXPECT_EQ(hex(hmac_sha256(as_bytes(c.key), as_bytes(c.message))), c.digest);
  }
}

TEST(HmacSha256, PiecesGiveTheDigestOfTheWhole) {
  HmacSha256 mac(as_bytes(kMacCases[1].key));
  mac.update(as_bytes("what do ya want ")).update(as_bytes("for nothing?"));
  EXPECT_EQ(hex(mac.finish()), kMacCases[1].digest);
  mac.update(as_bytes("left over"));
  EXPECT_EQ(hex(mac.digest(as_bytes(kMacCases[1].message))), kMacCases[1].digest);
}

}  // namespace
}  // namespace zerq::crypto
