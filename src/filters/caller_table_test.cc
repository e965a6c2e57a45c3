// SPDX-License-Identifier: Apache-2.0
#include "filters/caller_table.h"

#include <gtest/gtest.h>

#include <vector>

#include "filters/callers_for_test.h"

namespace zerq::filters {
namespace {

// Ids as a driver makes them: only the last bytes differ.
ObjectId id_of(uint32_t n) {
  return ObjectId({0x66, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6, 0xa7, 0xb8,
                   static_cast<uint8_t>(n >> 16), static_cast<uint8_t>(n >> 8),
                   static_cast<uint8_t>(n)});
}

TEST(CallerTable, AnEmptyOneHasNobody) {
  const CallerTable table;
  EXPECT_EQ(table.find_client(id_of(1)), nullptr);
  EXPECT_EQ(table.find_profile(ObjectId()), nullptr);
}

TEST(CallerTable, FindsEveryObjectWhereItWasFromTheBeginning) {
  constexpr uint32_t kCount = 20'000;
  CallersForTest made;
  std::vector<const Client*> clients;
  std::vector<const Profile*> profiles;
  for (uint32_t i = 0; i < kCount; ++i) {
    Client& client = made.add_client({.id = id_of(i * 2)});
    clients.push_back(&client);
    profiles.push_back(&made.add_profile({.id = id_of(i * 2), .client = &client}));
  }
  const CallerTable& table = made.table();
  for (uint32_t i = 0; i < kCount; ++i) {
    ASSERT_EQ(table.find_client(id_of(i * 2)), clients[i]);
    ASSERT_EQ(table.find_profile(id_of(i * 2)), profiles[i]);
    ASSERT_EQ(profiles[i]->client->id, id_of(i * 2));
    ASSERT_EQ(table.find_client(id_of(i * 2 + 1)), nullptr);
  }
}

TEST(CallerTable, WhatIsCountedTogetherFollowsPer) {
  using limits::LimitPer;
  Policy policy{.id = id_of(1)};
  policy.limits.per = LimitPer::kClient;
  EXPECT_EQ(limit_key(policy, id_of(2), id_of(3)), limit_key(policy, id_of(2), id_of(4)));
  policy.limits.per = LimitPer::kProxy;
  const limits::LimitKey key = limit_key(policy, id_of(2), id_of(3));
  EXPECT_EQ(
      key, (limits::LimitKey{
               .policy = id_of(1), .client = id_of(2), .part = id_of(3), .per = LimitPer::kProxy}));
}

}  // namespace
}  // namespace zerq::filters
