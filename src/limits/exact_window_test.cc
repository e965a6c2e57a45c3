// SPDX-License-Identifier: Apache-2.0
#include "limits/exact_window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <latch>
#include <random>
#include <thread>
#include <vector>

#include "limits/limit_table.h"

namespace zerq::limits {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

PolicyLimits limits_of(uint32_t requests, Duration window) {
  return {.rate_limit = RateLimitConfig{.requests = requests, .window = window}};
}

LimitDecision admit_pinned(LimitTable& table, const LimitPin& pin, const PolicyLimits& limits,
                           const Clock& clock) {
  ConcurrencyLease lease;
  return *table.admit(pin, limits, clock, lease).rate;
}

// One window with a clock moved by hand.
class OneWindow {
 public:
  explicit OneWindow(Duration window)
      : window_(window), pin_(table_.pin({}, limits_of(1, window))) {}

  LimitDecision admit(uint32_t requests) {
    return admit_pinned(table_, pin_, limits_of(requests, window_), clock_);
  }
  uint32_t admit_many(uint32_t requests, uint32_t tries) {
    uint32_t admitted = 0;
    for (uint32_t i = 0; i < tries; ++i) {
      admitted += admit(requests).is_admitted ? 1 : 0;
    }
    return admitted;
  }
  void advance(Duration by) { clock_.advance(by); }
  int64_t now() const { return clock_.now().ns; }

 private:
  LimitTable table_;
  ManualClock clock_;
  Duration window_;
  LimitPin pin_;
};

// By how much a request may be refused too long: two roundings of the log, or one bucket.
int64_t slack_ns(uint32_t requests, Duration window) {
  return requests <= ExactWindow::kLogMax ? std::max<int64_t>(window.count() >> 28, 2)
                                          : window.count() / 1024 + 1;
}

class EveryLimit : public ::testing::TestWithParam<uint32_t> {};
INSTANTIATE_TEST_SUITE_P(ExactWindow, EveryLimit,
                         ::testing::Values(1, 2, 16, 17, 100, 4095, 4096, 4097, 5000, 20000));

TEST_P(EveryLimit, ABurstIsAdmittedWholeAndNoMore) {
  OneWindow window(seconds(60));
  EXPECT_EQ(window.admit_many(GetParam(), GetParam() + 100), GetParam());
}

TEST_P(EveryLimit, AllComesBackAWindowAfterTheBurst) {
  OneWindow window(seconds(60));
  window.admit_many(GetParam(), GetParam());
  window.advance(seconds(60) - nanoseconds(1));
  EXPECT_FALSE(window.admit(GetParam()).is_admitted);
  window.advance(nanoseconds(1));
  EXPECT_EQ(window.admit_many(GetParam(), GetParam() + 100), GetParam());
}

TEST_P(EveryLimit, UsedAndRemainingAddUp) {
  OneWindow window(seconds(60));
  const LimitDecision first = window.admit(GetParam());
  EXPECT_EQ(first.limit, GetParam());
  EXPECT_EQ(first.used, 1U);
  EXPECT_EQ(first.remaining(), GetParam() - 1);
  EXPECT_EQ(first.window_s, 60U);
  EXPECT_EQ(first.reset_s, 60U);
  window.admit_many(GetParam(), GetParam() - 1);
  const LimitDecision refused = window.admit(GetParam());
  EXPECT_EQ(refused.used, GetParam());
  EXPECT_EQ(refused.remaining(), 0U);
}

TEST_P(EveryLimit, RefusedRequestsDoNotCount) {
  OneWindow window(seconds(10));
  window.admit_many(GetParam(), GetParam());
  for (int i = 0; i < 99; ++i) {
    window.advance(milliseconds(100));
    EXPECT_FALSE(window.admit(GetParam()).is_admitted);
  }
  window.advance(milliseconds(100));
  EXPECT_TRUE(window.admit(GetParam()).is_admitted);
}

// Requests at random times, compared with a list of all admissions.
TEST_P(EveryLimit, RandomTimesAgreeWithAListOfAllAdmissions) {
  const uint32_t requests = GetParam();
  for (const Duration length : {Duration(seconds(1)), Duration(seconds(60)), Duration(hours(24))}) {
    OneWindow window(length);
    std::mt19937_64 random(requests);
    std::deque<int64_t> admitted;
    const auto mean_ns = static_cast<uint64_t>(length.count()) / requests;
    for (uint32_t i = 0; i < requests * 6 + 200; ++i) {
      // Mostly a little more than is allowed, sometimes a burst, sometimes a pause.
      const uint64_t kind = random() % 64;
      const uint64_t step = kind < 8 ? 0 : kind == 63 ? mean_ns * 20 : random() % (mean_ns * 2);
      window.advance(nanoseconds(step));
      const int64_t now = window.now();
      const int64_t slack = slack_ns(requests, length);
      const auto in_last = [&](int64_t ns) {
        const auto first = std::upper_bound(admitted.begin(), admitted.end(), now - ns);
        return static_cast<uint32_t>(admitted.end() - first);
      };
      const LimitDecision decision = window.admit(requests);
      if (decision.is_admitted) {
        ASSERT_LT(in_last(length.count()), requests);
        admitted.push_back(now);
      } else {
        ASSERT_GE(in_last(length.count() + slack), requests);
      }
      while (admitted.size() > requests * 2) {
        admitted.pop_front();
      }
    }
  }
}

TEST_P(EveryLimit, WhoWaitsRetryAfterIsAdmittedAndASecondEarlierIsNot) {
  const uint32_t requests = GetParam();
  OneWindow window(seconds(60));
  std::mt19937_64 random(requests);
  const uint64_t mean_ns = 60'000'000'000ULL / requests;
  uint32_t checked = 0;
  for (uint32_t i = 0; i < requests * 4 + 100 && checked < 50; ++i) {
    window.advance(nanoseconds(random() % (mean_ns + 1)));
    const LimitDecision decision = window.admit(requests);
    if (decision.is_admitted) {
      continue;
    }
    ++checked;
    ASSERT_GE(decision.reset_s, 1U);
    ASSERT_LE(decision.reset_s, 60U);
    window.advance(seconds(decision.reset_s - 1));
    ASSERT_FALSE(window.admit(requests).is_admitted);
    window.advance(seconds(1));
    ASSERT_TRUE(window.admit(requests).is_admitted);
  }
  EXPECT_GT(checked, 0U);
}

TEST(ExactWindow, ZeroRefusesAll) {
  OneWindow window(seconds(60));
  const LimitDecision decision = window.admit(0);
  EXPECT_FALSE(decision.is_admitted);
  EXPECT_EQ(decision.used, 0U);
  EXPECT_EQ(decision.remaining(), 0U);
  EXPECT_EQ(decision.reset_s, 60U);
}

TEST(ExactWindow, ARaisedLimitAppliesToTheRunningWindow) {
  for (const auto& [low, high] :
       {std::pair{2U, 5U}, {100U, 4096U}, {4000U, 5000U}, {5000U, 6000U}}) {
    OneWindow window(seconds(60));
    EXPECT_EQ(window.admit_many(low, low + 10), low);
    EXPECT_EQ(window.admit_many(high, high), high - low);
    EXPECT_EQ(window.admit(high).used, high);
  }
}

TEST(ExactWindow, ALoweredLimitAppliesToTheRunningWindow) {
  for (const auto& [low, high] :
       {std::pair{2U, 5U}, {100U, 4096U}, {4000U, 5000U}, {5000U, 6000U}}) {
    OneWindow window(seconds(60));
    window.admit_many(high, high);
    const LimitDecision decision = window.admit(low);
    EXPECT_FALSE(decision.is_admitted);
    EXPECT_EQ(decision.used, high);
    EXPECT_EQ(decision.remaining(), 0U);
    window.advance(seconds(61));
    EXPECT_EQ(window.admit_many(low, high), low);
  }
}

TEST(ExactWindow, RetryAfterOfALoweredLimitWaitsForAllThatAreTooMany) {
  for (const auto& [low, high] : {std::pair{2U, 5U}, {4100U, 4103U}}) {
    OneWindow window(seconds(60));
    window.admit_many(high, low - 1);
    for (uint32_t i = 0; i <= high - low; ++i) {
      window.advance(seconds(5));
      ASSERT_TRUE(window.admit(high).is_admitted);
    }
    // Of the lowered limit's slots the last is free when all but low − 1 have left.
    const LimitDecision decision = window.admit(low - 1);
    EXPECT_FALSE(decision.is_admitted);
    window.advance(seconds(decision.reset_s - 1));
    EXPECT_FALSE(window.admit(low - 1).is_admitted);
    window.advance(seconds(1));
    EXPECT_TRUE(window.admit(low - 1).is_admitted);
  }
}

TEST(ExactWindow, ALimitThatIsLoweredToZeroAndRaisedAgainKeepsItsCounts) {
  OneWindow window(seconds(60));
  window.admit_many(10, 7);
  EXPECT_FALSE(window.admit(0).is_admitted);
  EXPECT_EQ(window.admit_many(10, 10), 3U);
}

// The limit jumps about 4,096 all the time, as it would while two snapshots are in use.
TEST(ExactWindow, FormsThatAlternateNeverAdmitMoreThanTheLargerLimit) {
  constexpr uint32_t kLow = 4000;
  constexpr uint32_t kHigh = 4200;
  const Duration length = seconds(10);
  OneWindow window(length);
  std::mt19937_64 random(7);
  std::vector<int64_t> admitted;
  for (int i = 0; i < 40000; ++i) {
    window.advance(nanoseconds(random() % 2'000'000));
    if (window.admit(random() % 8 == 0 ? kLow : kHigh).is_admitted) {
      admitted.push_back(window.now());
    }
  }
  ASSERT_GT(admitted.size(), size_t{kHigh} * 2);
  for (size_t i = kHigh; i < admitted.size(); ++i) {
    ASSERT_GE(admitted[i] - admitted[i - kHigh], length.count());
  }
}

// Times are rounded, and this is where it would show.
TEST(ExactWindow, ASlotComesBackNotANanosecondEarlyAndTwoRoundingsLateAtMost) {
  std::mt19937_64 random(11);
  for (const Duration length : {Duration(seconds(1)), Duration(seconds(60)), Duration(hours(24))}) {
    const int64_t slack = slack_ns(2, length);
    for (int i = 0; i < 300; ++i) {
      OneWindow window(length);
      window.advance(nanoseconds(random() % 1'000'000'000));
      ASSERT_TRUE(window.admit(2).is_admitted);
      window.advance(length / 3);
      ASSERT_TRUE(window.admit(2).is_admitted);
      const nanoseconds early(random() % static_cast<uint64_t>(slack) + 1);
      window.advance(length - length / 3 - early);
      ASSERT_FALSE(window.admit(2).is_admitted);
      window.advance(early + nanoseconds(slack));
      ASSERT_TRUE(window.admit(2).is_admitted);
    }
  }
}

// Edges of buckets are no whole nanoseconds where W is no multiple of 1,024 of them. Begun at the
// front of a bucket a slot waits longest; rounded edges would let it wait longer than W/1024.
TEST(ExactWindow, ASlotOfALargeLimitIsNeverEarlyAndAtMostOneBucketLate) {
  constexpr uint32_t kRequests = ExactWindow::kLogMax + 1;
  for (const Duration length : {Duration(seconds(1)), Duration(seconds(7)), Duration(hours(24))}) {
    const int64_t rounded_up = length.count() / 1024 + 1;
    const int64_t two_exactly = length.count() / 512;
    for (const int64_t step : {rounded_up, two_exactly}) {
      for (const int64_t bucket : {1, 2, 511, 1023, 1024, 1025, 5000}) {
        OneWindow window(length);
        const int64_t first = (window.now() / step + bucket) * step;
        window.advance(nanoseconds(first - window.now()));
        ASSERT_EQ(window.admit_many(kRequests, kRequests - 1), kRequests - 1);
        window.advance(length / 3);
        ASSERT_TRUE(window.admit(kRequests).is_admitted);
        window.advance(nanoseconds(first + length.count() - 1 - window.now()));
        ASSERT_FALSE(window.admit(kRequests).is_admitted);
        window.advance(nanoseconds(1 + slack_ns(kRequests, length)));
        ASSERT_TRUE(window.admit(kRequests).is_admitted) << length.count() << " " << bucket;
      }
    }
  }
}

TEST(ExactWindow, TimesOfADayDoNotWrap) {
  OneWindow window(hours(24));
  std::mt19937_64 random(3);
  std::vector<int64_t> admitted;
  for (int i = 0; i < 20000; ++i) {  // Some years.
    window.advance(seconds(random() % 7200));
    if (window.admit(20).is_admitted) {
      admitted.push_back(window.now());
    }
  }
  ASSERT_GT(admitted.size(), 10000U);
  for (size_t i = 20; i < admitted.size(); ++i) {
    ASSERT_GE(admitted[i] - admitted[i - 20], Duration(hours(24)).count());
  }
}

// --- Several threads ---

// Time that every look moves on by a random step, and that remembers what it said: since the
// window looks with its word held, that is the time of the decision, and no two have the same.
class StrideClock final : public Clock {
 public:
  StrideClock(std::atomic<int64_t>& shared, uint64_t seed, uint64_t step_max)
      : shared_(shared), random_(seed), step_max_(step_max) {}

  Instant now() const noexcept override {
    const auto step = static_cast<int64_t>(random_() % step_max_) + 1;
    last_ = shared_.fetch_add(step, std::memory_order_relaxed) + step;
    return {last_};
  }
  WallTime wall_now() const noexcept override { return {}; }
  int64_t last() const { return last_; }

 private:
  std::atomic<int64_t>& shared_;
  mutable std::mt19937_64 random_;
  uint64_t step_max_;
  mutable int64_t last_ = 0;
};

struct Decision {
  int64_t at;
  bool is_admitted;
};

std::vector<Decision> hammer(uint32_t requests, Duration length, uint32_t per_thread) {
  constexpr int kThreads = 4;
  LimitTable table;
  const PolicyLimits limits = limits_of(requests, length);
  const LimitPin pin = table.pin({}, limits);
  std::atomic<int64_t> time = 1;
  std::vector<std::vector<Decision>> decisions(kThreads);
  std::vector<std::thread> threads;
  // Together they ask for about half more than is allowed.
  const uint64_t step_max = static_cast<uint64_t>(length.count()) / requests * 4 / 3;
  std::latch start(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const StrideClock clock(time, static_cast<uint64_t>(t) + 1, step_max);
      start.arrive_and_wait();
      for (uint32_t i = 0; i < per_thread; ++i) {
        const bool is_admitted = admit_pinned(table, pin, limits, clock).is_admitted;
        decisions[static_cast<size_t>(t)].push_back({clock.last(), is_admitted});
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  std::vector<Decision> all;
  for (const auto& part : decisions) {
    all.insert(all.end(), part.begin(), part.end());
  }
  std::ranges::sort(all, {}, &Decision::at);
  return all;
}

TEST_P(EveryLimit, NoWindowOfFourThreadsHoldsMoreAndNothingThatFitsIsRefused) {
  const uint32_t requests = GetParam();
  const Duration length = seconds(1);
  const std::vector<Decision> all = hammer(requests, length, requests * 2 + 20000);
  const int64_t slack = slack_ns(requests, length);
  std::vector<int64_t> admitted;
  size_t refusals = 0;
  for (const Decision& decision : all) {
    if (decision.is_admitted) {
      admitted.push_back(decision.at);
      // Every window that holds N + 1 would show here.
      if (admitted.size() > requests) {
        ASSERT_GE(decision.at - admitted[admitted.size() - 1 - requests], length.count());
      }
    } else {
      ++refusals;
      const auto first = std::ranges::upper_bound(admitted, decision.at - length.count() - slack);
      ASSERT_GE(admitted.end() - first, requests);
    }
  }
  EXPECT_GT(admitted.size(), requests);
  EXPECT_GT(refusals, 0U);
}

TEST_P(EveryLimit, AColdHammerOfFourThreadsAdmitsExactlyN) {
  const uint32_t requests = GetParam();
  LimitTable table;
  const PolicyLimits limits = limits_of(requests, hours(1));
  const LimitPin pin = table.pin({}, limits);
  std::atomic<uint32_t> admitted = 0;
  std::vector<std::thread> threads;
  std::latch start(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      const SystemClock clock;
      start.arrive_and_wait();
      for (uint32_t i = 0; i < requests / 2 + 10000; ++i) {
        admitted += admit_pinned(table, pin, limits, clock).is_admitted ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(admitted, requests);
}

}  // namespace
}  // namespace zerq::limits
