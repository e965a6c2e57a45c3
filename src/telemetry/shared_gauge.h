// SPDX-License-Identifier: Apache-2.0
// A count that all shards share: exact, relaxed, and touched only when something opens or closes,
// never per request (style: "shared" in the name says so).
#pragma once

#include <atomic>
#include <cstdint>

namespace zerq::telemetry {

class SharedGauge {
 public:
  int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }
  void add(int64_t n) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  // Adds one unless that would pass `limit`.
  bool try_add_one(int64_t limit) noexcept {
    if (value_.fetch_add(1, std::memory_order_relaxed) < limit) {
      return true;
    }
    value_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }

 private:
  std::atomic<int64_t> value_ = 0;
};

}  // namespace zerq::telemetry
