// SPDX-License-Identifier: Apache-2.0
#include "http/authority.h"

#include <gtest/gtest.h>

#include <string>

namespace zerq::http {
namespace {

TEST(Authority, AcceptsNamesAddressesAndPorts) {
  for (const std::string_view text :
       {"a", "a.example", "A.Example.", "a_b-c~d.example", "127.0.0.1", "127.0.0.1:8080", "[::1]",
        "[::1]:80", "[2001:db8::1]:65535", "[::ffff:1.2.3.4]", "a:0"}) {
    EXPECT_TRUE(is_authority(text)) << text;
  }
  EXPECT_TRUE(is_authority(std::string(255, 'a')));
}

TEST(Authority, RefusesEverythingElse) {
  for (const std::string_view text :
       {"",      ":",     ":80", "a:",   "a:b",     "a:65536", "a:123456", "a:-1",
        "a:+1",  "a:1:2", "a b", "a/b",  "u@a",     "a%2e",    "a;b",      "a,b",
        "[",     "[]",    "[:]", "[::1", "::1",     "[::1]1",  "[::1]:",   "[::1%25e]",
        "[g::]", "a?b",   "a#b", "*",    "\xC3\xA9"}) {
    EXPECT_FALSE(is_authority(text)) << text;
  }
  EXPECT_FALSE(is_authority(std::string(256, 'a')));
}

TEST(Authority, SplitsTheHostOff) {
  EXPECT_EQ(host_of_authority("a.example:80"), "a.example");
  EXPECT_EQ(host_of_authority("a.example"), "a.example");
  EXPECT_EQ(host_of_authority("[::1]:80"), "[::1]");
}

}  // namespace
}  // namespace zerq::http
