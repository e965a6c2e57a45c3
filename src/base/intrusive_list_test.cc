// SPDX-License-Identifier: Apache-2.0
#include "base/intrusive_list.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace zerq {
namespace {

struct Item : ListNode {
  explicit Item(int n) : number(n) {}
  int number;
};

std::vector<int> numbers_of(IntrusiveList<Item>& list) {
  std::vector<int> numbers;
  list.for_each([&](Item& item) { numbers.push_back(item.number); });
  return numbers;
}

TEST(IntrusiveList, KeepsOrder) {
  Item a(1), b(2), c(3);
  IntrusiveList<Item> list;
  EXPECT_TRUE(list.is_empty());
  EXPECT_EQ(list.pop_front(), nullptr);
  list.push_back(a);
  list.push_back(b);
  list.push_back(c);
  EXPECT_EQ(numbers_of(list), (std::vector{1, 2, 3}));
  EXPECT_EQ(list.front(), &a);
  EXPECT_EQ(list.back(), &c);
  EXPECT_EQ(list.pop_front(), &a);
  EXPECT_FALSE(a.is_linked());
}

TEST(IntrusiveList, DyingNodeUnlinksItself) {
  Item a(1), c(3);
  auto b = std::make_unique<Item>(2);
  IntrusiveList<Item> list;
  list.push_back(a);
  list.push_back(*b);
  list.push_back(c);
  b.reset();
  EXPECT_EQ(numbers_of(list), (std::vector{1, 3}));
}

TEST(IntrusiveList, VisitedNodeMayUnlinkItself) {
  Item a(1), b(2), c(3);
  IntrusiveList<Item> list;
  for (Item* item : {&a, &b, &c}) {
    list.push_back(*item);
  }
  list.for_each([](Item& item) {
    if (item.number == 2) {
      item.unlink();
    }
  });
  EXPECT_EQ(numbers_of(list), (std::vector{1, 3}));
}

TEST(IntrusiveList, SpliceMovesEveryNodeToTheEnd) {
  Item a(1), b(2), c(3);
  IntrusiveList<Item> list, other;
  list.push_back(a);
  other.push_back(b);
  other.push_back(c);
  list.splice_back(other);
  EXPECT_TRUE(other.is_empty());
  EXPECT_EQ(numbers_of(list), (std::vector{1, 2, 3}));
}

}  // namespace
}  // namespace zerq
