// SPDX-License-Identifier: Apache-2.0
// A counter that one shard alone adds to and any thread may read: a relaxed load and store, which
// cost what a plain integer costs.
#pragma once

#include <atomic>
#include <cstdint>

namespace zerq::telemetry {

class ShardCounter {
 public:
  void add(uint64_t n) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_ = 0;
};

}  // namespace zerq::telemetry
