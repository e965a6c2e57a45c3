// SPDX-License-Identifier: Apache-2.0
#include "http/h1/head_scan.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace zerq::http::h1 {
namespace {

TEST(HeadScan, StopsBehindTheEmptyLine) {
  const std::string_view bytes = "GET / HTTP/1.1\r\nA: b\r\n\r\nbody\n";
  const HeadScan scan = scan_head(bytes, 0);
  EXPECT_EQ(scan.state, HeadScan::State::kEnd);
  EXPECT_EQ(bytes.substr(scan.at), "body\n");
}

TEST(HeadScan, NamesTheFirstBadByte) {
  EXPECT_EQ(scan_head("a\nb\rc", 0).reason, "bare_lf");
  EXPECT_EQ(scan_head("a\rb\nc", 0).reason, "bare_cr");
  EXPECT_EQ(scan_head(std::string_view("a\0b\n", 4), 0).reason, "control_character");
  EXPECT_EQ(scan_head("a\tb\x7F", 0).at, 3U);
}

TEST(HeadScan, WaitsForTheByteAfterCr) {
  const HeadScan scan = scan_head("abc\r", 0);
  EXPECT_EQ(scan.state, HeadScan::State::kIncomplete);
  EXPECT_EQ(scan.at, 3U);
}

// The vector and the scalar form are one function, at every alignment and resumed at every place.
TEST(HeadScan, VectorAndScalarAgree) {
  static constexpr std::string_view kAlphabet("aaaaaaaaaaaaaaaaaaaaaa:: \t\r\n\r\n\x7F\x80\0", 33);
  std::mt19937 random(7);
  for (int round = 0; round < 50'000; ++round) {
    std::string bytes;
    for (size_t left = random() % 80; left > 0; --left) {
      if (random() % 4 == 0) {
        bytes += "\r\n";
      } else {
        bytes += kAlphabet[random() % (round % 2 == 0 ? 26 : kAlphabet.size())];
      }
    }
    const size_t from = bytes.empty() ? 0 : random() % bytes.size();
    const HeadScan fast = scan_head(bytes, from);
    const HeadScan slow = scan_head_scalar(bytes, from);
    ASSERT_EQ(fast.state, slow.state);
    ASSERT_EQ(fast.at, slow.at);
    ASSERT_EQ(fast.reason, slow.reason);
    ASSERT_EQ(find_control(bytes), find_control_scalar(bytes));
  }
}

}  // namespace
}  // namespace zerq::http::h1
