// SPDX-License-Identifier: Apache-2.0
#include "auth/token_cache.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace zerq::auth {
namespace {

VerifierId verifier(int number) {
  VerifierId id;
  id.bytes[0] = static_cast<std::byte>(number);
  return id;
}

TokenCache::Key key_of(int verifier_number, std::string_view token) {
  return {.verifier = verifier(verifier_number), .token_digest = crypto::sha256(as_bytes(token))};
}

class TokenCacheTest : public testing::Test {
 protected:
  void insert(int verifier_number, std::string_view token, std::string_view subject) {
    cache_.insert(key_of(verifier_number, token), token,
                  {.subject = subject,
                   .key_id = "k",
                   .scopes = "a b",
                   .jti = "j",
                   .expires_at_s = 7,
                   .not_before_s = 3},
                  memo_);
  }
  // The subject that is held, or "-".
  std::string find(int verifier_number, std::string_view token) {
    const auto found = cache_.find(key_of(verifier_number, token), token, memo_, arena_);
    return found ? std::string(found->subject) : "-";
  }
  std::string find_by_memo(int verifier_number, std::string_view token, const TokenMemo& memo) {
    const auto found = cache_.find_by_memo(verifier(verifier_number), token, memo, arena_);
    return found ? std::string(found->subject) : "-";
  }

  HeapBlocks blocks_;
  Arena arena_{blocks_};
  TokenCache cache_{{.cache_bytes_max = 4096,
                     .token_bytes_max = 100,
                     .value_bytes_max = 50,
                     .memo_text_bytes = 300}};
  TokenMemo memo_;
};

TEST_F(TokenCacheTest, GivesBackWhatWasPutIn) {
  insert(1, "token", "me");
  const auto found = cache_.find(key_of(1, "token"), "token", memo_, arena_);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->subject, "me");
  EXPECT_EQ(found->key_id, "k");
  EXPECT_EQ(found->scopes, "a b");
  EXPECT_EQ(found->jti, "j");
  EXPECT_EQ(found->expires_at_s, 7);
  EXPECT_EQ(found->not_before_s, 3);
}

TEST_F(TokenCacheTest, NeverCrossesVerifiers) {
  insert(1, "token", "one");
  EXPECT_EQ(find(2, "token"), "-");
  insert(2, "token", "two");
  EXPECT_EQ(find(1, "token"), "one");
  EXPECT_EQ(find(2, "token"), "two");
}

TEST_F(TokenCacheTest, MemoIsForItsVerifierAndExactTextAlone) {
  EXPECT_EQ(find_by_memo(1, "", TokenMemo()), "-");
  insert(1, "token", "me");
  EXPECT_EQ(find_by_memo(1, "token", memo_), "me");
  EXPECT_EQ(find_by_memo(2, "token", memo_), "-");
  EXPECT_EQ(find_by_memo(1, "tokeN", memo_), "-");
  EXPECT_EQ(find_by_memo(1, "toke", memo_), "-");
  EXPECT_EQ(find_by_memo(1, "token ", memo_), "-");
  EXPECT_EQ(find_by_memo(1, "", memo_), "-");
}

TEST_F(TokenCacheTest, MemoEndsWithItsTextAndWithItsEntry) {
  insert(1, "first", "me");
  const TokenMemo first = memo_;
  insert(2, std::string(90, 'x'), "x");
  insert(3, std::string(90, 'y'), "y");
  EXPECT_EQ(find_by_memo(1, "first", first), "me");
  insert(4, std::string(90, 'z'), "z");
  insert(5, std::string(90, 'u'), "u");  // Over the text of `first`.
  EXPECT_EQ(find_by_memo(1, "first", first), "-");
  EXPECT_EQ(find(1, "first"), "me");
  const TokenMemo again = memo_;
  insert(1, "first", "renewed");
  EXPECT_EQ(find_by_memo(1, "first", again), "-");
  EXPECT_EQ(find_by_memo(1, "first", memo_), "renewed");
}

TEST_F(TokenCacheTest, KeepsNothingTooBig) {
  const std::string long_token(101, 't');
  EXPECT_FALSE(cache_.may_hold(long_token));
  insert(1, long_token, "me");
  insert(1, "token", std::string(60, 's'));
  EXPECT_EQ(cache_.entry_count(), 0U);
  EXPECT_EQ(cache_.bytes_held(), 0U);
}

TEST_F(TokenCacheTest, StaysInItsBoundsAndKeepsWhatIsUsed) {
  insert(1, "hot", "hot");
  for (int i = 0; i < 1000; ++i) {
    const std::string token = "token" + std::to_string(i);
    insert(1, token, token);
    ASSERT_EQ(find(1, "hot"), "hot") << i;
    ASSERT_LE(cache_.bytes_held(), 4096U);
  }
  EXPECT_GE(cache_.entry_count(), 15U);
  EXPECT_EQ(find(1, "token0"), "-");
}

// Against a map that forgets nothing: what is found is right, and memos never lie.
TEST_F(TokenCacheTest, AgreesWithAMapUnderRandomUse) {
  std::mt19937 random(7);
  std::map<std::pair<int, std::string>, std::string> truth;
  std::vector<TokenMemo> memos(5);
  for (int round = 0; round < 50'000; ++round) {
    const int number = static_cast<int>(random() % 3);
    const std::string token = "t" + std::to_string(random() % 60) + std::string(random() % 3, 'x');
    TokenMemo& memo = memos[random() % memos.size()];
    const auto expected = truth.find({number, token});
    const std::string by_memo = find_by_memo(number, token, memo);
    if (by_memo != "-") {
      ASSERT_NE(expected, truth.end());
      ASSERT_EQ(by_memo, expected->second);
    }
    memo_ = memo;
    const std::string by_key = find(number, token);
    if (by_key != "-") {
      ASSERT_NE(expected, truth.end());
      ASSERT_EQ(by_key, expected->second);
    } else {
      const std::string subject = "s" + std::to_string(round);
      insert(number, token, subject);
      truth[{number, token}] = subject;
    }
    memo = memo_;
    ASSERT_LE(cache_.bytes_held(), 4096U);
    if (round % 100 == 0) {
      arena_.release();
    }
  }
}

}  // namespace
}  // namespace zerq::auth
