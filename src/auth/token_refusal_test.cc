// SPDX-License-Identifier: Apache-2.0
#include "auth/token_refusal.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace zerq::auth {
namespace {

TEST(TokenRefusal, EveryReasonHasAWordOfItsOwnAndARowInTheGuide) {
  std::ifstream file(ZERQ_SOURCE_DIR "/docs/guide/authentication.md");
  const std::string guide{std::istreambuf_iterator<char>(file), {}};
  ASSERT_FALSE(guide.empty());
  std::set<std::string_view> words;
  for (size_t i = 0; i < kTokenRefusalCount; ++i) {
    const std::string_view word = token_refusal_reason(static_cast<TokenRefusal>(i));
    EXPECT_TRUE(guide.contains("\n| `" + std::string(word) + "` |")) << word;
    words.insert(word);
  }
  EXPECT_EQ(words.size(), kTokenRefusalCount);
  EXPECT_FALSE(words.contains("refused"));
}

}  // namespace
}  // namespace zerq::auth
