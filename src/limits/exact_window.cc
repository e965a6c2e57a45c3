// SPDX-License-Identifier: Apache-2.0
#include "limits/exact_window.h"

#include <algorithm>

#include "base/check.h"

namespace zerq::limits {
namespace {

constexpr int64_t kNsPerMs = 1'000'000;

void relax() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

uint32_t ceil_seconds(int64_t ns) {
  constexpr int64_t kNsPerS = 1'000'000'000;
  return static_cast<uint32_t>(std::max<int64_t>(0, (ns + kNsPerS - 1) / kNsPerS));
}

}  // namespace

class ExactWindow::Hold {
 public:
  explicit Hold(std::atomic<uint32_t>& word) : word_(word) {
    while (word_.exchange(1, std::memory_order_acquire) != 0) {
      while (word_.load(std::memory_order_relaxed) != 0) {
        relax();
      }
    }
  }
  ~Hold() { word_.store(0, std::memory_order_release); }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  std::atomic<uint32_t>& word_;
};

LimitDecision ExactWindow::admit(const RateLimitConfig& config, const Clock& clock) noexcept {
  const Hold hold(is_held_);
  const int64_t now_ns = clock.now().ns;
  adapt(config, now_ns);
  LimitDecision decision =
      is_bucketed_ ? admit_in_buckets(config, now_ns) : admit_in_log(config, now_ns);
  decision.limit = config.requests;
  decision.window_s = ceil_seconds(window_ns_);
  return decision;
}

// Brings the state to the present limit and window.
void ExactWindow::adapt(const RateLimitConfig& config, int64_t now_ns) noexcept {
  if (window_ns_ != config.window.count() || now_ns - last_ns_ >= window_ns_) {
    window_ns_ = config.window.count();
    count_ = tail_ = 0;
    if (is_bucketed_) {
      std::fill_n(cells_.get(), kBuckets, 0U);
      bucket_ = oldest_ = now_ns / bucket_ns();
    }
    last_ns_ = now_ns;
  }
  if (config.requests > kLogMax && !is_bucketed_) {
    log_to_buckets(now_ns);
  }
  // Back below 4,096 it stays bucketed until it was idle for a whole window: counts stay.
  if (config.requests <= kLogMax && is_bucketed_ && count_ == 0) {
    is_bucketed_ = false;
    cells_.reset();
    capacity_ = tail_ = 0;
  }
  limit_ = config.requests;
}

LimitDecision ExactWindow::admit_in_log(const RateLimitConfig& config, int64_t now_ns) noexcept {
  // Now is rounded down and an admission up, so that the distance is never taken for longer.
  const int64_t now_ms = now_ns / kNsPerMs;
  drop_expired(now_ms);
  LimitDecision decision;
  if (count_ < config.requests) {
    if (count_ == capacity_) {
      grow_log(config.requests);
    }
    cells_[(tail_ + count_) % capacity_] =
        static_cast<uint32_t>((now_ns + kNsPerMs - 1) / kNsPerMs);
    ++count_;
    last_ns_ = now_ns;
    decision.is_admitted = true;
  }
  decision.used = count_;
  if (count_ == 0) {  // A limit of zero: nothing will become available.
    decision.reset_s = ceil_seconds(window_ns_);
    return decision;
  }
  // With a limit that was lowered, more than one has to leave before one is available.
  const uint32_t surplus = count_ > config.requests ? count_ - config.requests : 0;
  const uint32_t leaving = cells_[(tail_ + std::min(surplus, count_ - 1)) % capacity_];
  const auto age_ms = static_cast<int32_t>(static_cast<uint32_t>(now_ms) - leaving);
  decision.reset_s = ceil_seconds(window_ns_ - int64_t{age_ms} * kNsPerMs);
  return decision;
}

void ExactWindow::drop_expired(int64_t now_ms) noexcept {
  const int64_t window_ms = window_ns_ / kNsPerMs;
  while (count_ > 0) {
    // Modulo 2³² is enough: nothing here is older than a window of at most a day.
    const auto age = static_cast<int32_t>(static_cast<uint32_t>(now_ms) - cells_[tail_]);
    if (age < window_ms) {
      return;
    }
    tail_ = (tail_ + 1) % capacity_;
    --count_;
  }
}

// Doubles up to the limit: a key that is rarely used holds little.
void ExactWindow::grow_log(uint32_t limit) noexcept {
  const uint32_t larger = std::min(std::max(8U, capacity_ * 2), std::max(limit, 1U));
  auto cells = std::make_unique<uint32_t[]>(larger);
  for (uint32_t i = 0; i < count_; ++i) {
    cells[i] = cells_[(tail_ + i) % capacity_];
  }
  cells_ = std::move(cells);
  capacity_ = larger;
  tail_ = 0;
}

void ExactWindow::log_to_buckets(int64_t now_ns) noexcept {
  auto buckets = std::make_unique<uint32_t[]>(kBuckets);
  const int64_t newest = now_ns / bucket_ns();
  drop_expired(now_ns / kNsPerMs);
  int64_t oldest = newest;
  for (uint32_t i = 0; i < count_; ++i) {
    const uint32_t time = cells_[(tail_ + i) % capacity_];
    const auto age = static_cast<int32_t>(static_cast<uint32_t>(now_ns / kNsPerMs) - time);
    const int64_t at =
        std::clamp((now_ns - int64_t{age} * kNsPerMs) / bucket_ns(), newest - kBuckets + 1, newest);
    ++buckets[static_cast<size_t>(at % kBuckets)];
    oldest = std::min(oldest, at);
  }
  cells_ = std::move(buckets);
  capacity_ = kBuckets;
  tail_ = 0;
  bucket_ = newest;
  oldest_ = oldest;
  is_bucketed_ = true;
}

// An interval of length W touches at most 1,025 buckets, so their sum bounds it.
void ExactWindow::turn_buckets(int64_t now_ns) noexcept {
  const int64_t newest = now_ns / bucket_ns();
  for (int64_t next = std::max(bucket_ + 1, newest - kBuckets + 1); next <= newest; ++next) {
    uint32_t& cell = cells_[static_cast<size_t>(next % kBuckets)];
    count_ -= cell;
    cell = 0;
  }
  bucket_ = std::max(bucket_, newest);
  oldest_ = std::max(oldest_, bucket_ - kBuckets + 1);
  while (oldest_ < bucket_ && cells_[static_cast<size_t>(oldest_ % kBuckets)] == 0) {
    ++oldest_;
  }
}

LimitDecision ExactWindow::admit_in_buckets(const RateLimitConfig& config,
                                            int64_t now_ns) noexcept {
  turn_buckets(now_ns);
  LimitDecision decision;
  if (count_ < config.requests) {
    ++cells_[static_cast<size_t>(bucket_ % kBuckets)];
    ++count_;
    last_ns_ = now_ns;
    decision.is_admitted = true;
  }
  decision.used = count_;
  decision.reset_s = ceil_seconds((oldest_ + kBuckets) * bucket_ns() - now_ns);
  return decision;
}

size_t ExactWindow::release_if_idle(const Clock& clock) noexcept {
  const Hold hold(is_held_);
  if (capacity_ != 0 && clock.now().ns - last_ns_ >= window_ns_) {
    cells_.reset();
    capacity_ = tail_ = count_ = 0;
    is_bucketed_ = false;
  }
  return sizeof(ExactWindow) + capacity_ * sizeof(uint32_t);
}

}  // namespace zerq::limits
