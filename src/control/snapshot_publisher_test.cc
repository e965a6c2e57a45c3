// SPDX-License-Identifier: Apache-2.0
#include "control/snapshot_publisher.h"

#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <thread>

#include "proxy/route_table.h"

namespace zerq::control {
namespace {

using std::chrono::seconds;
using Slot = io::PublishedSlot<proxy::Snapshot>;

// A loop with its thread, and what lives on it.
class LoopThread {
 public:
  explicit LoopThread(const Clock& clock) {
    auto loop = io::EventLoop::create({.backend = io::Backend::kEpoll}, clock);
    CHECK(loop.has_value());
    loop_ = *std::move(loop);
    thread_ = std::thread([this] { loop_->run(); });
  }
  ~LoopThread() { stop(); }
  void stop() {
    if (thread_.joinable()) {
      call([this] {
        pin.reset();
        slot.reset();
      });
      loop_->stop();
      thread_.join();
    }
  }
  io::EventLoop& loop() { return *loop_; }
  // Runs it on the loop's thread and waits.
  void call(std::move_only_function<void()> body) {
    std::promise<void> done;
    loop_->mailbox().send([&] {
      body();
      done.set_value();
    });
    done.get_future().wait();
  }

  std::optional<Slot> slot;
  std::optional<io::Pin<proxy::Snapshot>> pin;

 private:
  std::unique_ptr<io::EventLoop> loop_;
  std::thread thread_;
};

class SnapshotPublisherTest : public testing::Test {
 protected:
  SnapshotPublisherTest() {
    std::vector<SnapshotPublisher::Shard> shards;
    for (LoopThread* shard : {&one_, &two_}) {
      shard->call(
          [this, shard] { shard->slot.emplace(SnapshotPublisher::retire_on(admin_.loop())); });
      shards.push_back({.loop = &shard->loop(), .slot = &*shard->slot});
    }
    publisher_.emplace(std::move(shards));
  }
  static SnapshotRef make(uint64_t revision, std::promise<std::thread::id>* gone = nullptr) {
    auto snapshot = std::make_unique<CompiledSnapshot>();
    snapshot->revision = revision;
    return SnapshotRef(snapshot.release(), [gone](const CompiledSnapshot* last) {
      delete last;
      if (gone != nullptr) {
        gone->set_value(std::this_thread::get_id());
      }
    });
  }

  SystemClock clock_;
  LoopThread admin_{clock_};
  LoopThread one_{clock_};
  LoopThread two_{clock_};
  std::optional<SnapshotPublisher> publisher_;
};

TEST_F(SnapshotPublisherTest, EveryShardServesItWhenPublishReturns) {
  ASSERT_TRUE(publisher_->publish(make(7), seconds(10)));
  EXPECT_EQ(publisher_->current()->revision, 7);
  EXPECT_EQ(publisher_->alive(), 1);
  for (LoopThread* shard : {&one_, &two_}) {
    uint64_t revision = 0;
    shard->call([&] { revision = shard->slot->current().revision; });
    EXPECT_EQ(revision, 7);
  }
}

TEST_F(SnapshotPublisherTest, OldOneIsDestroyedOnTheLoopThatWasNamed) {
  std::promise<std::thread::id> gone;
  std::thread::id admin;
  admin_.call([&] { admin = std::this_thread::get_id(); });
  ASSERT_TRUE(publisher_->publish(make(1, &gone), seconds(10)));
  ASSERT_TRUE(publisher_->publish(make(2), seconds(10)));
  std::future<std::thread::id> where = gone.get_future();
  ASSERT_EQ(where.wait_for(seconds(10)), std::future_status::ready);
  EXPECT_EQ(where.get(), admin);
}

TEST_F(SnapshotPublisherTest, PinnedOnesAreCountedUntilTheyAreLetGo) {
  std::promise<std::thread::id> gone;
  ASSERT_TRUE(publisher_->publish(make(1, &gone), seconds(10)));
  two_.call([&] { two_.pin.emplace(two_.slot->pin()); });
  ASSERT_TRUE(publisher_->publish(make(2), seconds(10)));
  EXPECT_EQ(publisher_->alive(), 2);
  std::future<std::thread::id> where = gone.get_future();
  two_.call([&] {
    EXPECT_EQ((*two_.pin)->revision, 1);
    two_.pin.reset();
  });
  ASSERT_EQ(where.wait_for(seconds(10)), std::future_status::ready);
  ASSERT_TRUE(publisher_->publish(make(3), seconds(10)));
  EXPECT_EQ(publisher_->alive(), 1);
}

TEST_F(SnapshotPublisherTest, ShardThatDoesNotAnswerIsNotWaitedForForEver) {
  std::promise<void> go_on;
  one_.loop().mailbox().send([&] { go_on.get_future().wait(); });
  EXPECT_FALSE(publisher_->publish(make(1), std::chrono::milliseconds(20)));
  go_on.set_value();
  // What was sent is served all the same.
  uint64_t revision = 0;
  one_.call([&] { revision = one_.slot->current().revision; });
  EXPECT_EQ(revision, 1);
}

}  // namespace
}  // namespace zerq::control
