// SPDX-License-Identifier: Apache-2.0
#include "io/shard.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <future>
#include <set>

#include "io/shard_bound.h"
#include "io/shard_peers.h"
#include "io/turn_watchdog.h"

namespace zerq::io {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ShardTest : public testing::Test {
 protected:
  // Runs `f` on the shard's thread and waits for it.
  template <class F>
  auto on(Shard& shard, F f) {
    std::promise<decltype(f())> promise;
    auto result = promise.get_future();
    shard.loop().mailbox().send(
        [promise = std::move(promise), f = std::move(f)]() mutable { promise.set_value(f()); });
    return result.get();
  }
  static void run_loop(Shard& shard) { shard.loop().run(); }
  template <class F>
  bool spin_until(F done) {
    const Instant end = clock_.now() + seconds(5);
    while (!done()) {
      if (clock_.now() > end) {
        return false;
      }
      std::this_thread::yield();
    }
    return true;
  }

  SystemClock clock_;
  MemoryLedger memory_{64 * 1024 * 1024};
};

TEST_F(ShardTest, EachRunsOnItsOwnThread) {
  for (const Backend backend : {Backend::kUring, Backend::kEpoll}) {
    ShardSet set(3, backend, clock_, memory_);
    ASSERT_TRUE(set.start(run_loop).has_value());
    std::set<std::thread::id> threads;
    for (uint32_t i = 0; i < 3; ++i) {
      EXPECT_EQ(i, set.at(i).index());
      threads.insert(on(set.at(i), [] { return std::this_thread::get_id(); }));
    }
    EXPECT_EQ(3U, threads.size());
    set.stop();
  }
}

TEST_F(ShardTest, StopEndsAllAndASetMayStartAgain) {
  std::atomic<int> ended = 0;
  ShardSet set(2, Backend::kEpoll, clock_, memory_);
  for (int round = 1; round <= 2; ++round) {
    ASSERT_TRUE(set.start([&](Shard& shard) {
                     shard.loop().run();
                     ++ended;
                   })
                    .has_value());
    set.stop();
    EXPECT_EQ(2 * round, ended);
  }
  set.stop();
}

TEST_F(ShardTest, NoBodyRunsBeforeEveryLoopExists) {
  std::atomic<int> missing = 0;
  ShardSet set(4, Backend::kEpoll, clock_, memory_);
  ASSERT_TRUE(set.start([&](Shard& shard) {
                   for (size_t i = 0; i < set.size(); ++i) {
                     missing += set.at(i).index() == i ? 0 : 1;
                   }
                   shard.loop().run();
                 })
                  .has_value());
  for (size_t i = 0; i < set.size(); ++i) {
    on(set.at(i), [] { return 0; });  // All have looked.
  }
  EXPECT_EQ(0, missing);
}

TEST_F(ShardTest, LoadIsSeenByOthers) {
  ShardSet set(2, Backend::kEpoll, clock_, memory_);
  ASSERT_TRUE(set.start(run_loop).has_value());
  set.at(1).add_load(3);
  EXPECT_EQ(3, on(set.at(1), [&] { return set.at(1).load(); }));
  EXPECT_EQ(0, set.at(0).load());
}

TEST_F(ShardTest, ThreadsCanBePinned) {
  ShardSet set(2, Backend::kEpoll, clock_, memory_, true);
  ASSERT_TRUE(set.start(run_loop).has_value());
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(1, on(set.at(i), [] {
                cpu_set_t cores;
                ::sched_getaffinity(0, sizeof(cores), &cores);
                return CPU_COUNT(&cores);
              }));
  }
}

TEST_F(ShardTest, AShardThatWaitsIsNotStuckAndOneInALongTurnIs) {
  ShardSet set(1, Backend::kEpoll, clock_, memory_);
  ASSERT_TRUE(set.start(run_loop).has_value());
  Shard& shard = set.at(0);
  ASSERT_TRUE(spin_until([&] { return shard.loop().turn_began_ns() == 0; }));
  EXPECT_FALSE(shard.is_stuck(clock_.now() + seconds(100), seconds(5)));

  std::atomic<bool> may_go_on = false;
  const uint64_t turns = shard.loop().turns();
  shard.loop().mailbox().send([&] { spin_until([&] { return may_go_on.load(); }); });
  ASSERT_TRUE(spin_until([&] { return shard.loop().turn_began_ns() != 0; }));
  EXPECT_FALSE(shard.is_stuck(clock_.now(), seconds(5)));
  EXPECT_TRUE(shard.is_stuck(clock_.now() + seconds(6), seconds(5)));
  may_go_on = true;
  EXPECT_TRUE(spin_until([&] { return shard.loop().turns() > turns; }));
}

TEST_F(ShardTest, TheWatchdogCountsALateTurnOnce) {
  ShardSet set(2, Backend::kEpoll, clock_, memory_);
  ASSERT_TRUE(set.start(run_loop).has_value());
  std::vector<const Shard*> shards{&set.at(0), &set.at(1)};
  const TurnLimits quiet{
      .cpu_max = milliseconds(5), .wall_max = seconds(5), .report_every = seconds(60)};
  TurnWatchdog watchdog(shards, clock_, quiet);
  testing::internal::CaptureStderr();
  set.at(0).loop().mailbox().send([&] { spin_until([&] { return watchdog.late_turns() > 0; }); });
  EXPECT_TRUE(spin_until([&] { return watchdog.late_turns() > 0; }));
  on(set.at(0), [] { return 0; });
  EXPECT_EQ(1U, watchdog.late_turns());
  EXPECT_TRUE(testing::internal::GetCapturedStderr().starts_with("a turn takes too long, at: 0x"));
}

struct Member {
  explicit Member(Shard& s) : shard(s) {}
  Shard& shard;
  int told = 0;
  ShardBound bound;
};

TEST_F(ShardTest, PeersAreToldOnTheirOwnThread) {
  ShardPeers<Member> peers;
  std::vector<std::unique_ptr<Member>> members(3);
  ShardSet set(3, Backend::kEpoll, clock_, memory_);
  ASSERT_TRUE(set.start([&](Shard& shard) {
                   auto& own = members[shard.index()];
                   own = std::make_unique<Member>(shard);
                   peers.join(*own, shard.loop());
                   shard.loop().run();
                   peers.leave(*own);
                   own.reset();
                 })
                  .has_value());
  for (size_t i = 0; i < 3; ++i) {
    on(set.at(i), [] { return 0; });  // All have joined.
  }
  on(set.at(0), [&] {
    peers.tell_others(*members[0], [](Member& other) {
      other.bound.check();
      ++other.told;
    });
    return 0;
  });
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(i == 0 ? 0 : 1, on(set.at(i), [&] { return members[i]->told; }));
  }
}

TEST_F(ShardTest, WhoHasLeftIsNotTold) {
  ShardPeers<Member> peers;
  ShardSet set(2, Backend::kEpoll, clock_, memory_);
  ASSERT_TRUE(set.start(run_loop).has_value());
  Member teller(set.at(0));
  auto gone = std::make_unique<Member>(set.at(1));
  std::atomic<int> told = 0;
  on(set.at(1), [&] {
    peers.join(*gone, set.at(1).loop());
    peers.tell_others(teller, [&](Member&) { ++told; });  // The letter waits behind this one.
    peers.leave(*gone);
    gone.reset();
    return 0;
  });
  on(set.at(1), [] { return 0; });
  EXPECT_EQ(0, told);
}

#ifndef NDEBUG
TEST(ShardBoundDeathTest, AnotherThreadEndsTheProcess) {
  const ShardBound bound;
  bound.check();
  EXPECT_DEATH(std::thread([&] { bound.check(); }).join(), "check failed");
}
#endif

}  // namespace
}  // namespace zerq::io
