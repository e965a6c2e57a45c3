// SPDX-License-Identifier: Apache-2.0
// What both pools promise: results come home, refusals too, and nobody is told who has left.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <optional>
#include <string>
#include <thread>

#include "io/blocking_call.h"
#include "io/compute_call.h"

namespace zerq::io {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Answer = std::optional<Result<std::string>>;

Task<void> block_once(BlockingPool& pool, EventLoop& loop, BlockingCall<std::string>::Call call,
                      Answer& answer) {
  answer = co_await BlockingCall<std::string>(pool, loop, std::move(call));
}

Task<void> compute_once(ComputePool& pool, EventLoop& loop, uint64_t client,
                        ComputeCall<std::string>::Call call, Answer& answer) {
  answer = co_await ComputeCall<std::string>(pool, loop, client, 1, std::move(call));
}

// Holds a pool's thread until it is opened.
class Gate {
 public:
  void pass() {
    has_arrived_.set_value();
    future_.wait();
  }
  void wait_for_arrival() { has_arrived_.get_future().wait(); }
  void open() { promise_.set_value(); }

 private:
  std::promise<void> has_arrived_;
  std::promise<void> promise_;
  std::shared_future<void> future_{promise_.get_future()};
};

class PoolsTest : public testing::Test {
 protected:
  void SetUp() override { loop_ = make_loop(); }
  std::unique_ptr<EventLoop> make_loop() {
    return *EventLoop::create({.backend = Backend::kEpoll}, clock_);
  }
  template <class F>
  bool turn_until(F done) {
    const Instant end = clock_.now() + seconds(5);
    while (!done()) {
      if (clock_.now() > end) {
        return false;
      }
      loop_->run_turn(milliseconds(5));
    }
    return true;
  }

  SystemClock clock_;
  std::unique_ptr<EventLoop> loop_;
};

using BlockingPoolTest = PoolsTest;
using ComputePoolTest = PoolsTest;

TEST_F(BlockingPoolTest, ACallRunsElsewhereAndItsResultComesHome) {
  BlockingPool pool(2, 16);
  Answer answer;
  std::thread::id where;
  Task<void> task = block_once(
      pool, *loop_,
      [&](Blocking) -> Result<std::string> {
        where = std::this_thread::get_id();
        return "done";
      },
      answer);
  task.start();
  ASSERT_TRUE(turn_until([&] { return answer.has_value(); }));
  EXPECT_EQ("done", **answer);
  EXPECT_NE(std::this_thread::get_id(), where);
}

TEST_F(BlockingPoolTest, AFullQueueRefusesWithinTheTurn) {
  BlockingPool pool(1, 1);
  Gate gate;
  ASSERT_TRUE(pool.run([&](Blocking) { gate.pass(); }));
  gate.wait_for_arrival();
  std::atomic<bool> queued_ran = false;
  ASSERT_TRUE(pool.run([&](Blocking) { queued_ran = true; }));
  EXPECT_FALSE(pool.run([](Blocking) {}));
  Answer answer;
  Task<void> task =
      block_once(pool, *loop_, [](Blocking) -> Result<std::string> { return "never"; }, answer);
  task.start();
  EXPECT_FALSE(answer.has_value());
  loop_->run_turn(Duration{});
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(ErrorCode::kExhausted, answer->error().code);
  gate.open();
  EXPECT_TRUE(turn_until([&] { return queued_ran.load(); }));
}

TEST_F(BlockingPoolTest, WhatIsQueuedRunsBeforeThePoolEnds) {
  std::atomic<int> ran = 0;
  {
    BlockingPool pool(2, 100);
    for (int i = 0; i < 50; ++i) {
      ASSERT_TRUE(pool.run([&](Blocking) { ++ran; }));
    }
  }
  EXPECT_EQ(50, ran);
}

// The waiter leaves, and its loop ends, before, while and after the call runs.
TEST_F(BlockingPoolTest, AResultForALoopThatEndedIsDropped) {
  std::atomic<int> ran = 0;
  {
    BlockingPool pool(2, 1000);
    for (int i = 0; i < 200; ++i) {
      const auto brief = make_loop();
      Answer answer;
      Task<void> task = block_once(
          pool, *brief,
          [&](Blocking) -> Result<std::string> {
            ++ran;
            return "nobody reads this";
          },
          answer);
      task.start();
      if (i % 2 == 0) {
        brief->run_turn(Duration{});
      }
    }
  }
  EXPECT_EQ(200, ran);
}

TEST_F(BlockingPoolTest, AThreadOfItsOwnHasTheToken) {
  std::promise<bool> ran;
  const BlockingThread thread("writer", [&](Blocking) { ran.set_value(true); });
  EXPECT_TRUE(ran.get_future().get());
}

TEST_F(ComputePoolTest, OneThreadForFourShards) {
  EXPECT_EQ(1U, ComputePool::threads_for(1));
  EXPECT_EQ(1U, ComputePool::threads_for(7));
  EXPECT_EQ(2U, ComputePool::threads_for(8));
}

TEST_F(ComputePoolTest, AResultComesHome) {
  ComputePool pool(2);
  Answer answer;
  Task<void> task =
      compute_once(pool, *loop_, 1, []() -> Result<std::string> { return "42"; }, answer);
  task.start();
  ASSERT_TRUE(turn_until([&] { return answer.has_value(); }));
  EXPECT_EQ("42", **answer);
}

TEST_F(ComputePoolTest, AnErrorComesHome) {
  ComputePool pool(1);
  Answer answer;
  Task<void> task = compute_once(
      pool, *loop_, 1, []() -> Result<std::string> { return fail(ErrorCode::kTooLarge); }, answer);
  task.start();
  ASSERT_TRUE(turn_until([&] { return answer.has_value(); }));
  EXPECT_EQ(ErrorCode::kTooLarge, answer->error().code);
}

TEST_F(ComputePoolTest, AClientThatAsksForTooMuchIsRefusedAlone) {
  ComputePool pool(1, {.client_jobs_max = 1});
  Gate gate;
  ASSERT_TRUE(pool.run(7, 1, [&] { gate.pass(); }));
  gate.wait_for_arrival();
  ASSERT_TRUE(pool.run(7, 1, [] {}));
  Answer greedy;
  Answer other;
  const auto call = []() -> Result<std::string> { return "ran"; };
  Task<void> one = compute_once(pool, *loop_, 7, call, greedy);
  Task<void> two = compute_once(pool, *loop_, 8, call, other);
  one.start();
  two.start();
  loop_->run_turn(Duration{});
  ASSERT_TRUE(greedy.has_value());
  EXPECT_EQ(ErrorCode::kExhausted, greedy->error().code);
  EXPECT_FALSE(other.has_value());
  gate.open();
  ASSERT_TRUE(turn_until([&] { return other.has_value(); }));
  EXPECT_TRUE(other->has_value());
}

TEST_F(ComputePoolTest, AClientWithManyJobsDoesNotHoldUpAnother) {
  ComputePool pool(1, {.quantum = 1});
  Gate gate;
  ASSERT_TRUE(pool.run(0, 1, [&] { gate.pass(); }));
  gate.wait_for_arrival();
  std::string order;  // One thread writes it.
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(pool.run(1, 1, [&] { order += 'a'; }));
  }
  std::promise<std::string> end;
  ASSERT_TRUE(pool.run(2, 1, [&] { order += 'b'; }));
  ASSERT_TRUE(pool.run(2, 1, [&] { order += 'b'; }));
  ASSERT_TRUE(pool.run(3, 2, [&] { end.set_value(order); }));
  gate.open();
  EXPECT_EQ("abab", end.get_future().get());
}

TEST_F(ComputePoolTest, ACallWhoseWaiterLeftNeverBegins) {
  std::atomic<bool> ran = false;
  ComputePool pool(1);
  Gate gate;
  ASSERT_TRUE(pool.run(1, 1, [&] { gate.pass(); }));
  gate.wait_for_arrival();
  {
    const auto brief = make_loop();
    Answer answer;
    Task<void> task = compute_once(
        pool, *brief, 2,
        [&]() -> Result<std::string> {
          ran = true;
          return "";
        },
        answer);
    task.start();
  }
  std::promise<void> end;
  ASSERT_TRUE(pool.run(2, 1, [&] { end.set_value(); }));
  gate.open();
  end.get_future().wait();
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace zerq::io
