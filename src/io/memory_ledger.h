// SPDX-License-Identifier: Apache-2.0
// Who holds how much memory (architecture §2). The process has one budget; it lends each shard
// steps of 1 MiB, which is the only shared atomic. A shard charges its own plain counter.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "io/io_buffer.h"

namespace zerq::io {

class MemoryLedger {
 public:
  explicit MemoryLedger(size_t budget_bytes) : budget_(static_cast<int64_t>(budget_bytes)) {}

  size_t budget_bytes() const { return static_cast<size_t>(budget_); }
  size_t lent_bytes() const { return static_cast<size_t>(lent_.load(std::memory_order_relaxed)); }
  bool is_over_budget() const { return lent_.load(std::memory_order_relaxed) > budget_; }

 private:
  friend class ShardLedger;
  int64_t budget_;
  std::atomic<int64_t> lent_ = 0;
};

// One shard's account. Charging never fails: whoever opens connections asks is_over_budget() first.
class ShardLedger final : public ChargeSink {
 public:
  static constexpr int64_t kStepBytes = 1024 * 1024;

  explicit ShardLedger(MemoryLedger& process) : process_(process) {}
  ~ShardLedger() { process_.lent_.fetch_sub(lent_, std::memory_order_relaxed); }
  ShardLedger(const ShardLedger&) = delete;
  ShardLedger& operator=(const ShardLedger&) = delete;

  void charge(size_t bytes) noexcept override {
    charged_ += static_cast<int64_t>(bytes);
    while (charged_ > lent_) {
      lent_ += kStepBytes;
      process_.lent_.fetch_add(kStepBytes, std::memory_order_relaxed);
    }
  }
  void discharge(size_t bytes) noexcept override {
    charged_ -= static_cast<int64_t>(bytes);
    // One spare step stays, so that a shard at a boundary does not touch the shared line each time.
    while (lent_ - charged_ > 2 * kStepBytes) {
      lent_ -= kStepBytes;
      process_.lent_.fetch_sub(kStepBytes, std::memory_order_relaxed);
    }
  }
  int64_t charged_bytes() const { return charged_; }
  bool is_over_budget() const { return process_.is_over_budget(); }

 private:
  MemoryLedger& process_;
  int64_t charged_ = 0;
  int64_t lent_ = 0;
};

}  // namespace zerq::io
