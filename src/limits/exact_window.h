// SPDX-License-Identifier: Apache-2.0
// ExactWindow: at most N admissions in every interval of length W (architecture §6). Shared by all
// shards, and the one place where they meet on the request path: a spin word on the window's own
// cache line, held for some 30 ns, with the clock read inside.
//   N ≤ 4,096: the times of the admissions that are still in the window, 4 bytes each. Nothing
//              that fits is refused (times are in ms, rounded so that they never over-admit).
//   above:     1,025 sub-buckets of W/1024; a slot comes back at most W/1024 late.
// A change of N applies at once and keeps the counts; a change of W begins empty.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "limits/limit_decision.h"
#include "limits/policy_config.h"

namespace zerq::limits {

class alignas(64) ExactWindow {
 public:
  static constexpr uint32_t kLogMax = 4096;
  static constexpr uint32_t kBuckets = 1025;

  ExactWindow() = default;
  ExactWindow(const ExactWindow&) = delete;
  ExactWindow& operator=(const ExactWindow&) = delete;

  // Any thread. Counts the request if it fits.
  LimitDecision admit(const RateLimitConfig& config, const Clock& clock) noexcept;
  // Any thread. Gives the memory back if nothing is in the window any more; returns what is held.
  size_t release_if_idle(const Clock& clock) noexcept;

 private:
  class Hold;
  LimitDecision admit_in_log(const RateLimitConfig& config, int64_t now_ns) noexcept;
  LimitDecision admit_in_buckets(const RateLimitConfig& config, int64_t now_ns) noexcept;
  void adapt(const RateLimitConfig& config, int64_t now_ns) noexcept;
  void grow_log(uint32_t limit) noexcept;
  void drop_expired(int64_t now_ms) noexcept;
  void turn_buckets(int64_t now_ns) noexcept;
  void log_to_buckets(int64_t now_ns) noexcept;
  // Rounded up: 1,024 of them are never shorter than the window.
  int64_t bucket_ns() const { return (window_ns_ + kBuckets - 2) / (kBuckets - 1); }

  std::atomic<uint32_t> is_held_ = 0;
  uint32_t limit_ = 0;
  int64_t window_ns_ = 0;
  int64_t last_ns_ = 0;
  // The log: a ring of ms times, oldest at tail_. Or the buckets: a ring of counts.
  std::unique_ptr<uint32_t[]> cells_;
  uint32_t capacity_ = 0;  // 0: no cells yet.
  uint32_t tail_ = 0;
  uint32_t count_ = 0;     // Admissions in the window.
  int64_t bucket_ = 0;     // Number of the newest bucket.
  int64_t oldest_ = 0;     // No bucket before it holds anything.
  bool is_bucketed_ = false;
};

}  // namespace zerq::limits
