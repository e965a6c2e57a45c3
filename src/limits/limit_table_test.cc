// SPDX-License-Identifier: Apache-2.0
#include "limits/limit_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace zerq::limits {
namespace {

using std::chrono::seconds;

ObjectId id_of(uint32_t n) {
  return ObjectId({1, 2, 3, 4, 5, 6, 7, 8, static_cast<uint8_t>(n >> 24),
                   static_cast<uint8_t>(n >> 16), static_cast<uint8_t>(n >> 8),
                   static_cast<uint8_t>(n)});
}

LimitKey key_of(uint32_t client) { return {.policy = id_of(1), .client = id_of(client)}; }

PolicyLimits rate_of(uint32_t requests, Duration window = seconds(60)) {
  return {.rate_limit = RateLimitConfig{.requests = requests, .window = window}};
}

// By key or by pin, with a rate limit alone.
template <class Where>
LimitDecision admit(LimitTable& table, const Where& where, uint32_t requests, const Clock& clock,
                    Duration window = seconds(60)) {
  ConcurrencyLease lease;
  return *table.admit(where, rate_of(requests, window), clock, lease).rate;
}

LimitPin pin(LimitTable& table, uint32_t client) { return table.pin(key_of(client), rate_of(1)); }

TEST(LimitTable, AKeyFindsItsWindowPinnedOrNot) {
  LimitTable table;
  const ManualClock clock;
  EXPECT_TRUE(admit(table, key_of(7), 2, clock).is_admitted);
  const LimitPin pinned = pin(table, 7);
  EXPECT_TRUE(admit(table, pinned, 2, clock).is_admitted);
  EXPECT_FALSE(admit(table, key_of(7), 2, clock).is_admitted);
}

TEST(LimitTable, EveryPartOfAKeyCountsForItself) {
  LimitTable table;
  const ManualClock clock;
  std::array<LimitKey, 5> keys;
  keys.fill(key_of(7));
  keys[1].policy = id_of(2);
  keys[2].client = id_of(8);
  keys[3].part = id_of(9);
  keys[4].per = LimitPer::kProxy;
  for (const LimitKey& key : keys) {
    EXPECT_TRUE(admit(table, key, 1, clock).is_admitted);
    EXPECT_FALSE(admit(table, key, 1, clock).is_admitted);
    EXPECT_TRUE(admit(table, key, 1, clock, seconds(61)).is_admitted);
  }
}

TEST(LimitTable, ManyKeysAreKeptApart) {
  LimitTable table;
  const ManualClock clock;
  for (int round = 0; round < 2; ++round) {
    for (uint32_t i = 0; i < 200000; ++i) {
      ASSERT_EQ(admit(table, key_of(i), 1, clock).is_admitted, round == 0) << i;
    }
  }
}

TEST(LimitTable, AWindowThatNobodyPinsDiesOnceItIsIdle) {
  LimitTable table;
  ManualClock clock;
  admit(table, key_of(1), 1, clock);
  const size_t used = table.memory_bytes_used();
  for (uint32_t i = 1; i < 128; ++i) {
    admit(table, key_of(i), 1, clock);
  }
  clock.advance(seconds(59));
  table.sweep(clock);
  EXPECT_FALSE(admit(table, key_of(1), 1, clock).is_admitted);
  clock.advance(seconds(1));
  table.sweep(clock);
  // The same windows serve the next keys.
  for (uint32_t i = 1000; i < 1001; ++i) {
    EXPECT_TRUE(admit(table, key_of(i), 1, clock).is_admitted);
  }
  EXPECT_EQ(table.memory_bytes_used(), used);
}

TEST(LimitTable, APinnedWindowLosesItsMemoryButLives) {
  LimitTable table;
  ManualClock clock;
  const LimitPin pinned = pin(table, 1);
  const size_t empty = table.memory_bytes_used();
  for (int i = 0; i < 100; ++i) {
    admit(table, pinned, 100, clock);
  }
  EXPECT_GT(table.memory_bytes_used(), empty);
  clock.advance(seconds(60));
  table.sweep(clock);
  EXPECT_EQ(table.memory_bytes_used(), empty);
  EXPECT_TRUE(admit(table, pinned, 1, clock).is_admitted);
  EXPECT_FALSE(admit(table, key_of(1), 1, clock).is_admitted);
}

TEST(LimitTable, CountsOutliveThePin) {
  LimitTable table;
  const ManualClock clock;
  EXPECT_TRUE(admit(table, pin(table, 1), 1, clock).is_admitted);
  table.sweep(clock);
  EXPECT_FALSE(admit(table, pin(table, 1), 1, clock).is_admitted);
}

TEST(LimitTable, APinMovesWithItsOwner) {
  LimitTable table;
  ManualClock clock;
  LimitPin second;
  {
    LimitPin first = pin(table, 1);
    second = std::move(first);
  }
  clock.advance(seconds(100));
  table.sweep(clock);
  EXPECT_TRUE(admit(table, second, 1, clock).is_admitted);
}

TEST(LimitTable, WithoutMemoryNothingIsAdmittedAndNothingForgotten) {
  LimitTable table(WindowMemory::kBlockBytesMax + WindowMemory::kUnitBytes);
  ManualClock clock;
  EXPECT_TRUE(admit(table, key_of(1), 1, clock).is_admitted);
  EXPECT_TRUE(admit(table, key_of(2), 1, clock).is_unavailable);
  EXPECT_FALSE(admit(table, key_of(2), 1, clock).is_admitted);
  const LimitDecision refused = admit(table, key_of(1), 1, clock);
  EXPECT_FALSE(refused.is_admitted);
  EXPECT_FALSE(refused.is_unavailable);
  table.set_memory_bytes(LimitTable::kMemoryBytesDefault);
  EXPECT_TRUE(admit(table, key_of(2), 1, clock).is_admitted);
}

TEST(LimitTable, MemoryOfTheIdleServesTheNext) {
  LimitTable table(WindowMemory::kBlockBytesMax + WindowMemory::kUnitBytes);
  ManualClock clock;
  EXPECT_TRUE(admit(table, key_of(1), 1, clock).is_admitted);
  clock.advance(seconds(60));
  EXPECT_TRUE(admit(table, key_of(2), 1, clock).is_unavailable);
  table.sweep(clock);
  EXPECT_TRUE(admit(table, key_of(2), 1, clock).is_admitted);
}

TEST(LimitTable, APinWithoutMemoryIsUnset) {
  LimitTable table(0);
  EXPECT_FALSE(pin(table, 1).is_set());
}

// --- Concurrency ---

constexpr PolicyLimits kTwoAtOnce{.concurrency = 2};

TEST(LimitTable, NoMoreAreInFlightThanTheLimitSays) {
  LimitTable table;
  const ManualClock clock;
  const LimitPin pinned = table.pin(key_of(1), kTwoAtOnce);
  ConcurrencyLease first;
  ConcurrencyLease second;
  ConcurrencyLease third;
  EXPECT_TRUE(table.admit(pinned, kTwoAtOnce, clock, first).is_admitted());
  EXPECT_TRUE(table.admit(key_of(1), kTwoAtOnce, clock, second).is_admitted());
  const PolicyDecision refused = table.admit(pinned, kTwoAtOnce, clock, third);
  EXPECT_FALSE(refused.is_admitted());
  EXPECT_TRUE(refused.lacks_slot);
  EXPECT_EQ(refused.in_flight, 2U);
  third.release();  // Holds nothing.
  EXPECT_FALSE(table.admit(pinned, kTwoAtOnce, clock, third).is_admitted());
  first.release();
  EXPECT_TRUE(table.admit(pinned, kTwoAtOnce, clock, third).is_admitted());
}

TEST(LimitTable, AMovedLeaseIsReleasedOnce) {
  LimitTable table;
  const ManualClock clock;
  ConcurrencyLease kept;
  {
    ConcurrencyLease lease;
    ASSERT_TRUE(table.admit(key_of(1), kTwoAtOnce, clock, lease).is_admitted());
    kept = std::move(lease);
  }
  ConcurrencyLease second;
  EXPECT_EQ(table.admit(key_of(1), kTwoAtOnce, clock, second).in_flight, 2U);
}

TEST(LimitTable, WhatIsInFlightOutlivesPinsAndSweeps) {
  LimitTable table;
  ManualClock clock;
  constexpr PolicyLimits kOne{.concurrency = 1};
  ConcurrencyLease lease;
  EXPECT_TRUE(table.admit(table.pin(key_of(1), kOne), kOne, clock, lease).is_admitted());
  clock.advance(std::chrono::hours(100));
  table.sweep(clock);
  ConcurrencyLease other;
  EXPECT_FALSE(table.admit(key_of(1), kOne, clock, other).is_admitted());
  lease.release();
  table.sweep(clock);
  EXPECT_TRUE(table.admit(key_of(1), kOne, clock, other).is_admitted());
}

TEST(LimitTable, WhatOneLimitRefusesIsCountedInNone) {
  LimitTable table;
  const ManualClock clock;
  const PolicyLimits limits{.rate_limit = RateLimitConfig{.requests = 3}, .concurrency = 1};
  ConcurrencyLease lease;
  ConcurrencyLease other;
  for (uint32_t used = 1; used <= 3; ++used) {
    EXPECT_EQ(table.admit(key_of(1), limits, clock, lease).rate->used, used);
    for (int i = 0; i < 4; ++i) {
      const PolicyDecision refused = table.admit(key_of(1), limits, clock, other);
      EXPECT_TRUE(refused.lacks_slot);
      EXPECT_EQ(refused.rate_refuses(), used == 3);
      EXPECT_EQ(refused.rate->used, used);
    }
    lease.release();
  }
  // Refused by the rate, it holds no slot.
  EXPECT_TRUE(table.admit(key_of(1), limits, clock, lease).rate_refuses());
  const PolicyLimits more{.rate_limit = RateLimitConfig{.requests = 4}, .concurrency = 1};
  EXPECT_TRUE(table.admit(key_of(1), more, clock, lease).is_admitted());
}

// --- Quota ---

constexpr PolicyLimits kThreeADay{.quota = QuotaConfig{.requests = 3}};
constexpr WallTime kNoon{20781 * 86'400'000'000 + 43'200'000'000};

PolicyDecision ask(LimitTable& table, const PolicyLimits& limits, const Clock& clock) {
  ConcurrencyLease lease;
  return table.admit(key_of(1), limits, clock, lease);
}

TEST(LimitTable, AQuotaAdmitsNInADayOfTheCalendar) {
  LimitTable table;
  ManualClock clock;
  clock.set_wall(kNoon);
  for (uint32_t used = 1; used <= 3; ++used) {
    const PolicyDecision decision = ask(table, kThreeADay, clock);
    EXPECT_TRUE(decision.is_admitted());
    EXPECT_EQ(decision.quota->used, used);
    EXPECT_EQ(decision.quota->window_s, 86400U);
    EXPECT_EQ(decision.quota->reset_s, 43200U);
    EXPECT_EQ(decision.quota_day, 20781);
  }
  EXPECT_TRUE(ask(table, kThreeADay, clock).quota_refuses());
  clock.advance(std::chrono::hours(12) - seconds(1));
  const PolicyDecision last = ask(table, kThreeADay, clock);
  EXPECT_TRUE(last.quota_refuses());
  EXPECT_EQ(last.quota->reset_s, 1U);
  clock.advance(seconds(1));
  EXPECT_EQ(ask(table, kThreeADay, clock).quota->used, 1U);
}

TEST(LimitTable, AClockThatIsSetBackAdmitsNothingTwice) {
  LimitTable table;
  ManualClock clock;
  clock.set_wall(WallTime{kNoon.us + 43'200'000'000});
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(ask(table, kThreeADay, clock).is_admitted());
  }
  clock.set_wall(kNoon);
  const PolicyDecision refused = ask(table, kThreeADay, clock);
  EXPECT_TRUE(refused.quota_refuses());
  EXPECT_EQ(refused.quota->reset_s, 129'600U);
  // By more than a day: it was wrong before.
  clock.set_wall(WallTime{kNoon.us - 86'400'000'000});
  EXPECT_TRUE(ask(table, kThreeADay, clock).is_admitted());
}

TEST(LimitTable, AChangeOfTheQuotaAppliesAndAnotherIntervalStartsEmpty) {
  LimitTable table;
  ManualClock clock;
  clock.set_wall(kNoon);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(ask(table, kThreeADay, clock).is_admitted());
  }
  EXPECT_EQ(ask(table, {.quota = QuotaConfig{.requests = 4}}, clock).quota->used, 4U);
  EXPECT_TRUE(ask(table, kThreeADay, clock).quota_refuses());
  const PolicyLimits monthly{.quota =
                                 QuotaConfig{.requests = 3, .interval = QuotaInterval::kMonth}};
  EXPECT_EQ(ask(table, monthly, clock).quota->used, 1U);
}

TEST(LimitTable, AQuotaGoesOnFromWhatWasUsedBefore) {
  LimitTable table;
  ManualClock clock;
  clock.set_wall(kNoon);
  ASSERT_TRUE(table.restore_quota(key_of(1), QuotaInterval::kDay, 20781, 2));
  table.sweep(clock);
  EXPECT_TRUE(ask(table, kThreeADay, clock).is_admitted());
  EXPECT_TRUE(ask(table, kThreeADay, clock).quota_refuses());
  // Of an earlier day.
  ASSERT_TRUE(table.restore_quota(key_of(1), QuotaInterval::kDay, 20780, 3));
  EXPECT_EQ(ask(table, kThreeADay, clock).quota->used, 1U);
}

TEST(LimitTable, AQuotaThatIsUsedOutlivesSweepsUntilItsWindowEnds) {
  LimitTable table;
  ManualClock clock;
  clock.set_wall(kNoon);
  EXPECT_TRUE(ask(table, kThreeADay, clock).is_admitted());
  clock.advance(std::chrono::hours(11));
  table.sweep(clock);
  EXPECT_EQ(ask(table, kThreeADay, clock).quota->used, 2U);
  clock.advance(std::chrono::hours(1));
  table.sweep(clock);
  EXPECT_EQ(ask(table, kThreeADay, clock).quota->used, 1U);
}

TEST(LimitTable, WhatRateOrQuotaOrConcurrencyRefusesIsCountedInNone) {
  LimitTable table;
  ManualClock clock;
  clock.set_wall(kNoon);
  struct Case {
    uint32_t rate, quota, concurrency;
    bool rate_refuses, quota_refuses, lacks_slot;
  };
  constexpr uint32_t kMany = 1000;
  for (const Case& c :
       {Case{0, kMany, kMany, true, false, false}, Case{kMany, 0, kMany, false, true, false},
        Case{kMany, kMany, 0, false, false, true}, Case{0, 0, kMany, true, true, false},
        Case{0, 0, 0, true, true, true}}) {
    const PolicyLimits limits{.rate_limit = RateLimitConfig{.requests = c.rate},
                              .quota = QuotaConfig{.requests = c.quota},
                              .concurrency = c.concurrency};
    const PolicyDecision decision = ask(table, limits, clock);
    EXPECT_FALSE(decision.is_admitted());
    EXPECT_EQ(decision.rate_refuses(), c.rate_refuses);
    EXPECT_EQ(decision.quota_refuses(), c.quota_refuses);
    EXPECT_EQ(decision.lacks_slot, c.lacks_slot);
  }
  // None of these was counted anywhere.
  const PolicyLimits all{.rate_limit = RateLimitConfig{.requests = kMany},
                         .quota = QuotaConfig{.requests = kMany},
                         .concurrency = kMany};
  const PolicyDecision first = ask(table, all, clock);
  EXPECT_EQ(first.rate->used, 1U);
  EXPECT_EQ(first.quota->used, 1U);
  EXPECT_EQ(first.in_flight, 1U);
}

// Moved by whoever looks at it, so that windows die and are born again all the time.
class SharedClock final : public Clock {
 public:
  Instant now() const noexcept override {
    return {time_.fetch_add(50'000'000, std::memory_order_relaxed)};
  }
  WallTime wall_now() const noexcept override { return {}; }

 private:
  mutable std::atomic<int64_t> time_ = 1'000'000'000;
};

class LastLook final : public Clock {
 public:
  explicit LastLook(const Clock& clock) : clock_(clock) {}
  Instant now() const noexcept override { return last_ = clock_.now(); }
  WallTime wall_now() const noexcept override { return {}; }
  int64_t last() const { return last_.ns; }

 private:
  const Clock& clock_;
  mutable Instant last_;
};

TEST(LimitTable, WindowsThatDieUnderTheirReadersNeverAdmitTooMany) {
  constexpr uint32_t kKeys = 600;  // Some share a chain's memory, not their chain.
  constexpr uint32_t kRequests = 2;
  LimitTable table;
  const SharedClock clock;
  std::array<std::vector<std::vector<int64_t>>, 3> admitted;
  std::atomic<bool> is_done = false;
  std::thread sweeper([&] {
    while (!is_done) {
      table.sweep(clock);
    }
  });
  std::vector<std::thread> threads;
  for (auto& mine : admitted) {
    mine.resize(kKeys);
    threads.emplace_back([&table, &clock, &mine] {
      const LastLook look(clock);
      for (uint32_t i = 0; i < 60000; ++i) {
        const uint32_t key = (i * 7919U + i / 50U) % kKeys;
        if (admit(table, key_of(key), kRequests, look).is_admitted) {
          mine[key].push_back(look.last());
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  is_done = true;
  sweeper.join();
  for (uint32_t key = 0; key < kKeys; ++key) {
    std::vector<int64_t> times;
    for (const auto& part : admitted) {
      times.insert(times.end(), part[key].begin(), part[key].end());
    }
    std::ranges::sort(times);
    for (size_t i = kRequests; i < times.size(); ++i) {
      ASSERT_GE(times[i] - times[i - kRequests], Duration(seconds(60)).count());
    }
  }
}

TEST(LimitTable, ManyThreadsNeverHoldMoreSlotsThanThereAre) {
  constexpr uint32_t kSlots = 3;
  constexpr int kThreads = 4;
  const PolicyLimits limits{.rate_limit = RateLimitConfig{.requests = 1'000'000},
                            .concurrency = kSlots};
  LimitTable table;
  const ManualClock clock;
  std::atomic<uint32_t> held = 0;
  std::atomic<uint32_t> most = 0;
  std::atomic<uint32_t> admitted = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      // Half of them by a key that nobody pins.
      const LimitPin pinned = i % 2 == 0 ? table.pin(key_of(1), limits) : LimitPin();
      for (int turn = 0; turn < 20000; ++turn) {
        ConcurrencyLease lease;
        const PolicyDecision decision = pinned.is_set()
                                            ? table.admit(pinned, limits, clock, lease)
                                            : table.admit(key_of(1), limits, clock, lease);
        if (decision.is_admitted()) {
          const uint32_t now = held.fetch_add(1) + 1;
          uint32_t before = most.load();
          while (before < now && !most.compare_exchange_weak(before, now)) {
          }
          admitted.fetch_add(1);
          held.fetch_sub(1);
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_LE(most.load(), kSlots);
  ConcurrencyLease last;
  const PolicyDecision decision = table.admit(key_of(1), limits, clock, last);
  EXPECT_EQ(decision.in_flight, 1U);
  EXPECT_EQ(decision.rate->used, admitted.load() + 1);
}

}  // namespace
}  // namespace zerq::limits
