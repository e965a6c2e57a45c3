// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <gtest/gtest.h>

namespace zerq {
namespace {

using namespace std::chrono_literals;

TEST(SystemClock, MonotonicTimeNeverGoesBack) {
  const SystemClock clock;
  Instant last = clock.now();
  for (int i = 0; i < 1000; ++i) {
    const Instant now = clock.now();
    EXPECT_GE(now, last);
    last = now;
  }
}

TEST(SystemClock, WallTimeIsAfterThisWasWritten) {
  EXPECT_GT(SystemClock().wall_now().seconds(), 1'700'000'000);
}

TEST(ManualClock, MovesBothTimesByHand) {
  ManualClock clock;
  const Instant start = clock.now();
  const WallTime wall = clock.wall_now();
  clock.advance(1500ms);
  EXPECT_EQ(clock.now() - start, 1500ms);
  EXPECT_EQ(clock.wall_now().us - wall.us, 1'500'000);
}

TEST(Instant, NeverIsAfterEverything) { EXPECT_GT(Instant::never(), SystemClock().now() + 1000h); }

}  // namespace
}  // namespace zerq
