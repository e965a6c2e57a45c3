// SPDX-License-Identifier: Apache-2.0
#include "base/task.h"

#include <gtest/gtest.h>

#include "base/result.h"

namespace zerq {
namespace {

// Suspends until somebody resumes it by hand.
struct Gate {
  std::coroutine_handle<> waiting;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) noexcept { waiting = handle; }
  void await_resume() noexcept {}
};

struct Mark {
  explicit Mark(int& count) : count_(count) { ++count_; }
  ~Mark() { --count_; }
  int& count_;
};

// Not inlined: the compiler may otherwise put a frame into its caller's, and none is counted.
[[gnu::noinline]] Task<int> add_later(Gate& gate, int a, int b) {
  co_await gate;
  co_return a + b;
}

[[gnu::noinline]] Task<int> twice(Gate& gate) {
  const int first = co_await add_later(gate, 1, 2);
  const int second = co_await add_later(gate, first, 10);
  co_return second;
}

Task<void> loop(Gate& gate, int& turns, int& alive) {
  for (;;) {
    const Mark mark(alive);
    co_await gate;
    ++turns;
  }
}

Task<Result<int>> refuse_odd(int n) {
  if (n % 2 != 0) {
    co_return fail(ErrorCode::kMalformed, "odd");
  }
  co_return n;
}

Task<Result<int>> half(int n) {
  co_return CO_TRY(co_await refuse_odd(n))
  / 2;
}

TEST(Task, IsLazy) {
  Gate gate;
  const Task<int> task = add_later(gate, 1, 2);
  EXPECT_EQ(gate.waiting, nullptr);
  EXPECT_FALSE(task.is_done());
}

TEST(Task, ResumesItsCallerAtTheEnd) {
  Gate gate;
  Task<int> task = twice(gate);
  task.start();
  gate.waiting.resume();
  EXPECT_FALSE(task.is_done());
  gate.waiting.resume();
  ASSERT_TRUE(task.is_done());
  EXPECT_EQ(task.take_result(), 13);
}

// The loop that g++ 12 skips (docs/decisions/0002).
TEST(Task, RunsTheBodyAfterAnAwaitInALoop) {
  Gate gate;
  int turns = 0;
  int alive = 0;
  Task<void> task = loop(gate, turns, alive);
  task.start();
  for (int i = 1; i <= 100; ++i) {
    gate.waiting.resume();
    EXPECT_EQ(turns, i);
  }
}

TEST(Task, DestroyingASuspendedTaskRunsItsDestructors) {
  const size_t frames = frames_alive_for_test();
  Gate gate;
  int turns = 0;
  int alive = 0;
  {
    Task<void> task = loop(gate, turns, alive);
    task.start();
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(frames_alive_for_test(), frames);
}

TEST(Task, DestroyingTheOuterTaskTakesTheInnerWithIt) {
  const size_t frames = frames_alive_for_test();
  Gate gate;
  {
    Task<int> task = twice(gate);
    task.start();
    EXPECT_EQ(frames_alive_for_test(), frames + 2);
  }
  EXPECT_EQ(frames_alive_for_test(), frames);
}

TEST(Task, CoTryReturnsTheError) {
  Task<Result<int>> good = half(8);
  good.start();
  EXPECT_EQ(good.take_result().value(), 4);
  Task<Result<int>> bad = half(7);
  bad.start();
  EXPECT_EQ(bad.take_result().error().detail, "odd");
}

TEST(Task, DeepChainsDoNotGrowTheStack) {
  // A hundred thousand awaits that never suspend: symmetric transfer, or a crash.
  struct Chain {
    static Task<int> one() { co_return 1; }
    static Task<int> many(int count) {
      int sum = 0;
      for (int i = 0; i < count; ++i) {
        sum += co_await one();
      }
      co_return sum;
    }
  };
  Task<int> task = Chain::many(100'000);
  task.start();
  EXPECT_EQ(task.take_result(), 100'000);
}

}  // namespace
}  // namespace zerq
