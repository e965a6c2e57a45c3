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

WindowKey key_of(uint32_t client) {
  return {.policy = id_of(1), .client = id_of(client), .window = seconds(60)};
}

TEST(LimitTable, AKeyFindsItsWindowPinnedOrNot) {
  LimitTable table;
  const ManualClock clock;
  EXPECT_TRUE(table.admit(key_of(7), 2, clock).is_admitted);
  const WindowPin pin = table.pin(key_of(7));
  EXPECT_TRUE(pin.admit(2, clock).is_admitted);
  EXPECT_FALSE(table.admit(key_of(7), 2, clock).is_admitted);
}

TEST(LimitTable, EveryPartOfAKeyCountsForItself) {
  LimitTable table;
  const ManualClock clock;
  const WindowKey first = key_of(7);
  std::array<WindowKey, 6> keys;
  keys.fill(first);
  keys[1].policy = id_of(2);
  keys[2].client = id_of(8);
  keys[3].part = id_of(9);
  keys[4].per = LimitPer::kProxy;
  keys[5].window = seconds(61);
  for (const WindowKey& key : keys) {
    EXPECT_TRUE(table.admit(key, 1, clock).is_admitted);
    EXPECT_FALSE(table.admit(key, 1, clock).is_admitted);
  }
}

TEST(LimitTable, ManyKeysAreKeptApart) {
  LimitTable table;
  const ManualClock clock;
  for (int round = 0; round < 2; ++round) {
    for (uint32_t i = 0; i < 200000; ++i) {
      ASSERT_EQ(table.admit(key_of(i), 1, clock).is_admitted, round == 0) << i;
    }
  }
}

TEST(LimitTable, AWindowThatNobodyPinsDiesOnceItIsIdle) {
  LimitTable table;
  ManualClock clock;
  table.admit(key_of(1), 1, clock);
  const size_t used = table.memory_bytes_used();
  for (uint32_t i = 1; i < 128; ++i) {
    table.admit(key_of(i), 1, clock);
  }
  clock.advance(seconds(59));
  table.sweep(clock);
  EXPECT_FALSE(table.admit(key_of(1), 1, clock).is_admitted);
  clock.advance(seconds(1));
  table.sweep(clock);
  // The same windows serve the next keys.
  for (uint32_t i = 1000; i < 1001; ++i) {
    EXPECT_TRUE(table.admit(key_of(i), 1, clock).is_admitted);
  }
  EXPECT_EQ(table.memory_bytes_used(), used);
}

TEST(LimitTable, APinnedWindowLosesItsMemoryButLives) {
  LimitTable table;
  ManualClock clock;
  const WindowPin pin = table.pin(key_of(1));
  const size_t empty = table.memory_bytes_used();
  for (int i = 0; i < 100; ++i) {
    pin.admit(100, clock);
  }
  EXPECT_GT(table.memory_bytes_used(), empty);
  clock.advance(seconds(60));
  table.sweep(clock);
  EXPECT_EQ(table.memory_bytes_used(), empty);
  EXPECT_TRUE(pin.admit(1, clock).is_admitted);
  EXPECT_FALSE(table.admit(key_of(1), 1, clock).is_admitted);
}

TEST(LimitTable, CountsOutliveThePin) {
  LimitTable table;
  const ManualClock clock;
  EXPECT_TRUE(table.pin(key_of(1)).admit(1, clock).is_admitted);
  table.sweep(clock);
  EXPECT_FALSE(table.pin(key_of(1)).admit(1, clock).is_admitted);
}

TEST(LimitTable, APinMovesWithItsOwner) {
  LimitTable table;
  ManualClock clock;
  WindowPin second;
  {
    WindowPin first = table.pin(key_of(1));
    second = std::move(first);
  }
  clock.advance(seconds(100));
  table.sweep(clock);
  EXPECT_TRUE(second.admit(1, clock).is_admitted);
}

TEST(LimitTable, WithoutMemoryNothingIsAdmittedAndNothingForgotten) {
  LimitTable table(WindowMemory::kBlockBytesMax + WindowMemory::kUnitBytes);
  ManualClock clock;
  EXPECT_TRUE(table.admit(key_of(1), 1, clock).is_admitted);
  EXPECT_TRUE(table.admit(key_of(2), 1, clock).is_unavailable);
  EXPECT_FALSE(table.admit(key_of(2), 1, clock).is_admitted);
  const LimitDecision refused = table.admit(key_of(1), 1, clock);
  EXPECT_FALSE(refused.is_admitted);
  EXPECT_FALSE(refused.is_unavailable);
  table.set_memory_bytes(LimitTable::kMemoryBytesDefault);
  EXPECT_TRUE(table.admit(key_of(2), 1, clock).is_admitted);
}

TEST(LimitTable, MemoryOfTheIdleServesTheNext) {
  LimitTable table(WindowMemory::kBlockBytesMax + WindowMemory::kUnitBytes);
  ManualClock clock;
  EXPECT_TRUE(table.admit(key_of(1), 1, clock).is_admitted);
  clock.advance(seconds(60));
  EXPECT_TRUE(table.admit(key_of(2), 1, clock).is_unavailable);
  table.sweep(clock);
  EXPECT_TRUE(table.admit(key_of(2), 1, clock).is_admitted);
}

TEST(LimitTable, APinWithoutMemoryIsUnset) {
  LimitTable table(0);
  EXPECT_FALSE(table.pin(key_of(1)).is_set());
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
        if (table.admit(key_of(key), kRequests, look).is_admitted) {
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

}  // namespace
}  // namespace zerq::limits
