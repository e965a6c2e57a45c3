// SPDX-License-Identifier: Apache-2.0
#include "text/hex.h"

#include <gtest/gtest.h>

namespace zerq::text {
namespace {

TEST(Hex, RoundTripsEveryByte) {
  std::string every;
  for (int c = 0; c < 256; ++c) {
    every += static_cast<char>(c);
  }
  EXPECT_EQ(decode_hex(to_hex(as_bytes(every))), every);
  EXPECT_EQ(to_hex(as_bytes("\x01\xAB")), "01ab");
  EXPECT_EQ(decode_hex("01AB"), "\x01\xAB");
  EXPECT_EQ(decode_hex(""), "");
}

TEST(Hex, RefusesOddLengthsAndOtherCharacters) {
  for (const char* text : {"0", "0g", "0x", " 1", "1\xC3"}) {
    EXPECT_FALSE(decode_hex(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace zerq::text
