// SPDX-License-Identifier: Apache-2.0
// How long things took, by powers of two from 1 µs to 33 s. One shard alone adds, any thread may
// read: relaxed loads and stores, which cost what plain integers cost.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "base/clock.h"
#include "telemetry/shard_counter.h"

namespace zerq::telemetry {

// Sums of several shards' histograms.
struct HistogramTotals {
  // Bucket i counts up to bound_us(i), the last one all that took longer.
  static constexpr size_t kBuckets = 27;
  static constexpr uint64_t bound_us(size_t bucket) { return uint64_t{1} << bucket; }

  std::array<uint64_t, kBuckets> counts{};
  uint64_t sum_us = 0;

  uint64_t count() const {
    uint64_t all = 0;
    for (const uint64_t bucket : counts) {
      all += bucket;
    }
    return all;
  }
};

class ShardHistogram {
 public:
  void add(Duration took) noexcept {
    const auto us = static_cast<uint64_t>(std::max<int64_t>(took.count(), 0)) / 1000;
    const size_t bucket = us == 0 ? 0 : static_cast<size_t>(std::bit_width(us - 1));
    counts_[std::min(bucket, HistogramTotals::kBuckets - 1)].add(1);
    sum_us_.add(us);
  }
  void add_to(HistogramTotals& totals) const noexcept {
    for (size_t i = 0; i < counts_.size(); ++i) {
      totals.counts[i] += counts_[i].value();
    }
    totals.sum_us += sum_us_.value();
  }

 private:
  std::array<ShardCounter, HistogramTotals::kBuckets> counts_;
  ShardCounter sum_us_;
};

}  // namespace zerq::telemetry
