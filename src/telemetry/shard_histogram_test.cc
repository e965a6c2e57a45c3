// SPDX-License-Identifier: Apache-2.0
#include "telemetry/shard_histogram.h"

#include <gtest/gtest.h>

#include <chrono>

namespace zerq::telemetry {
namespace {

using std::chrono::microseconds;

TEST(ShardHistogram, ABucketHoldsWhatIsAtMostItsBound) {
  ShardHistogram histogram;
  for (const int us : {0, 1, 2, 3, 4, 5, 1024, 1025}) {
    histogram.add(microseconds(us));
  }
  HistogramTotals totals;
  histogram.add_to(totals);
  EXPECT_EQ(totals.counts[0], 2U);   // ≤ 1 µs.
  EXPECT_EQ(totals.counts[1], 1U);   // ≤ 2
  EXPECT_EQ(totals.counts[2], 2U);   // ≤ 4
  EXPECT_EQ(totals.counts[3], 1U);   // ≤ 8
  EXPECT_EQ(totals.counts[10], 1U);  // ≤ 1,024
  EXPECT_EQ(totals.counts[11], 1U);
  EXPECT_EQ(totals.count(), 8U);
  EXPECT_EQ(totals.sum_us, 2064U);
}

TEST(ShardHistogram, HoursFallIntoTheLastBucket) {
  ShardHistogram histogram;
  histogram.add(std::chrono::hours(24));
  HistogramTotals totals;
  histogram.add_to(totals);
  EXPECT_EQ(totals.counts.back(), 1U);
}

TEST(ShardHistogram, ShardsAddUp) {
  ShardHistogram first;
  ShardHistogram second;
  first.add(microseconds(3));
  second.add(microseconds(3));
  HistogramTotals totals;
  first.add_to(totals);
  second.add_to(totals);
  EXPECT_EQ(totals.counts[2], 2U);
}

}  // namespace
}  // namespace zerq::telemetry
