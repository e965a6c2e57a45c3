// SPDX-License-Identifier: Apache-2.0
#include "io/memory_ledger.h"

#include <gtest/gtest.h>

namespace zerq::io {
namespace {

constexpr size_t kMiB = 1024 * 1024;

TEST(MemoryLedger, LendsInStepsAndTakesThemBack) {
  MemoryLedger process(64 * kMiB);
  {
    ShardLedger shard(process);
    shard.charge(1);
    EXPECT_EQ(kMiB, process.lent_bytes());
    shard.charge(5 * kMiB);
    EXPECT_EQ(6 * kMiB, process.lent_bytes());
    shard.discharge(5 * kMiB);
    EXPECT_LE(process.lent_bytes(), 3 * kMiB);
    EXPECT_EQ(1, shard.charged_bytes());
  }
  EXPECT_EQ(0U, process.lent_bytes());
}

TEST(MemoryLedger, IsOverBudgetWhenAllShardsTogetherAre) {
  MemoryLedger process(8 * kMiB);
  ShardLedger one(process);
  ShardLedger two(process);
  one.charge(4 * kMiB);
  two.charge(4 * kMiB);
  EXPECT_FALSE(one.is_over_budget());
  two.charge(1);
  EXPECT_TRUE(one.is_over_budget());
}

}  // namespace
}  // namespace zerq::io
