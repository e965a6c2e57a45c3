// SPDX-License-Identifier: Apache-2.0
#include "text/base64url.h"

#include <gtest/gtest.h>

namespace zerq::text {
namespace {

TEST(Base64Url, MatchesTheVectorsOfRfc4648) {
  const std::pair<const char*, const char*> vectors[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xFB\xFF", "-_8"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(to_base64url(as_bytes(bytes)), text);
    EXPECT_EQ(decode_base64url(text), bytes);
  }
}

TEST(Base64Url, RoundTripsEveryLength) {
  std::string bytes;
  for (int size = 0; size < 200; ++size) {
    EXPECT_EQ(decode_base64url(to_base64url(as_bytes(bytes))), bytes);
    bytes += static_cast<char>(size * 37 + 11);
  }
}

TEST(Base64Url, RefusesPaddingOtherAlphabetsAndImpossibleLengths) {
  for (const char* text : {"Zg==", "Zg=", "+/8", "Z", "Zm9vZ", "Zm 9", "Zm9\n", "Zm9v\xC3\xA9"}) {
    EXPECT_FALSE(decode_base64url(text).has_value()) << text;
  }
}

TEST(Base64Url, RefusesUnusedBitsThatAreSet) {
  EXPECT_TRUE(decode_base64url("Zg").has_value());
  for (const char* text : {"Zh", "Zm9", "Zm-", "Z_"}) {
    EXPECT_FALSE(decode_base64url(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace zerq::text
