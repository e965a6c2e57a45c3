// SPDX-License-Identifier: Apache-2.0
#include "audit/quota_counts.h"

#include <gtest/gtest.h>

namespace zerq::audit {
namespace {

constexpr uint16_t kToday = 20781;

QuotaUse use_of(uint8_t policy, uint16_t first_day = kToday) {
  return {.policy_id = ObjectId({policy}),
          .part = ObjectId({3}),
          .per = 2,
          .interval = 3,
          .first_day = first_day};
}

TEST(QuotaCounts, EveryKeyCountsForItself) {
  QuotaCounts counts;
  QuotaUse other = use_of(1);
  other.interval = 1;
  counts.add(ObjectId({1}), use_of(1));
  counts.add(ObjectId({1}), use_of(1));
  counts.add(ObjectId({2}), use_of(1));
  counts.add(ObjectId({1}), use_of(2));
  counts.add(ObjectId({1}), other);
  ASSERT_EQ(counts.all().size(), 4U);
  for (const QuotaCount& count : counts.all()) {
    const bool is_first = count.key.client == ObjectId({1}) && count.key.policy == ObjectId({1}) &&
                          count.key.interval == 3;
    EXPECT_EQ(count.used, is_first ? 2U : 1U);
    EXPECT_EQ(count.first_day, kToday);
  }
}

TEST(QuotaCounts, ANewWindowBeginsEmptyAndAnOldOneNeverComesBack) {
  QuotaCounts counts;
  counts.add({}, use_of(1, kToday));
  counts.add({}, use_of(1, kToday));
  counts.add({}, use_of(1, kToday + 1));
  counts.add({}, use_of(1, kToday));  // A request that midnight overtook.
  ASSERT_EQ(counts.all().size(), 1U);
  EXPECT_EQ(counts.all()[0].first_day, kToday + 1);
  EXPECT_EQ(counts.all()[0].used, 1U);
}

TEST(QuotaCounts, OnlyWhatChangedSinceTheLastCommitIsListed) {
  QuotaCounts counts;
  counts.restore({.key = {.policy = ObjectId({9})}, .first_day = kToday, .used = 5});
  EXPECT_TRUE(counts.changed().empty());
  counts.add({}, use_of(1));
  counts.add({}, use_of(1));
  ASSERT_EQ(counts.changed().size(), 1U);
  EXPECT_EQ(counts.changed()[0].used, 2U);
  counts.settle();
  EXPECT_TRUE(counts.changed().empty());
  EXPECT_EQ(counts.all().size(), 2U);
  counts.add({}, use_of(1));
  ASSERT_EQ(counts.changed().size(), 1U);
  EXPECT_EQ(counts.changed()[0].used, 3U);
}

TEST(QuotaCounts, WhatNoWindowCanStillCountIsDropped) {
  QuotaCounts counts;
  counts.add({}, use_of(1, kToday));
  counts.settle();
  counts.drop_old(kToday + 30);
  EXPECT_EQ(counts.all().size(), 1U);
  counts.drop_old(kToday + 31);
  EXPECT_TRUE(counts.all().empty());
}

TEST(QuotaCounts, AKeyIsWhatItWasEncodedFrom) {
  const QuotaKey key{.policy = ObjectId({1, 2}),
                     .client = ObjectId({3, 4}),
                     .part = ObjectId({5, 6}),
                     .per = 3,
                     .interval = 2};
  EXPECT_EQ(QuotaKey::decode(key.encode()), key);
}

TEST(QuotaCounts, ADayIsCountedFrom1970) {
  EXPECT_EQ(day_number(WallTime{0}), 0);
  EXPECT_EQ(day_number(WallTime{86'400'000'000 - 1}), 0);
  EXPECT_EQ(day_number(WallTime{86'400'000'000}), 1);
}

}  // namespace
}  // namespace zerq::audit
