// SPDX-License-Identifier: Apache-2.0
#include "auth/scope_set.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

namespace zerq::auth {
namespace {

std::string make(std::vector<std::string_view> scopes) {
  HeapBlocks blocks;
  Arena arena(blocks);
  std::vector<std::string_view> same = scopes;
  const std::string in_arena(make_scope_set(scopes, arena));
  EXPECT_EQ(in_arena, make_scope_set(same));
  return in_arena;
}

TEST(ScopeSet, TextIsSortedAndWithoutRepeats) {
  EXPECT_EQ(make({}), "");
  EXPECT_EQ(make({"b", "a", "b", "a:1", "A"}), "A a a:1 b");
}

TEST(ScopeSet, LeavesOutWhatIsNoScope) {
  EXPECT_EQ(make({"", "a b", "ok", "q\"", "b\\", "\t", "\xc3\xa9", "\x7f"}), "ok");
  EXPECT_TRUE(is_scope("https://example.com/auth/x.read"));
  EXPECT_FALSE(is_scope(""));
  EXPECT_FALSE(is_scope("a b"));
}

TEST(ScopeSet, AllAndAnyAgreeWithSets) {
  EXPECT_TRUE(has_all_scopes("", ""));
  EXPECT_FALSE(has_all_scopes("", "a"));
  EXPECT_TRUE(has_all_scopes("a", ""));
  EXPECT_FALSE(has_any_scope("a", ""));
  EXPECT_FALSE(has_all_scopes("ab", "a"));
  EXPECT_FALSE(has_all_scopes("a", "ab"));
  EXPECT_FALSE(has_any_scope("pets", "pets:read"));
  std::mt19937 random(1);
  const std::string_view names[] = {"a", "a:b", "aa", "ab", "b", "b.c", "c", "ca"};
  for (int round = 0; round < 20'000; ++round) {
    std::set<std::string_view> granted;
    std::set<std::string_view> required;
    for (const std::string_view name : names) {
      if (random() % 2 == 0) granted.insert(name);
      if (random() % 4 == 0) required.insert(name);
    }
    const std::string granted_text = make({granted.begin(), granted.end()});
    const std::string required_text = make({required.begin(), required.end()});
    size_t held = 0;
    for (const std::string_view name : required) {
      held += granted.count(name);
    }
    ASSERT_EQ(has_all_scopes(granted_text, required_text), held == required.size())
        << granted_text << " | " << required_text;
    ASSERT_EQ(has_any_scope(granted_text, required_text), held > 0)
        << granted_text << " | " << required_text;
  }
}

}  // namespace
}  // namespace zerq::auth
