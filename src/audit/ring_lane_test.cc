// SPDX-License-Identifier: Apache-2.0
#include "audit/ring_lane.h"

#include <gtest/gtest.h>

#include "audit/journal.h"
#include "audit/scratch_directory_for_test.h"
#include "base/task.h"
#include "io/event_loop.h"
#include "io/signal.h"

namespace zerq::audit {
namespace {

io::Blocking blocking() { return io::BlockingThread::on_main_thread(); }

struct Fixture {
  ScratchDirectory scratch;
  ManualClock clock;
  WakeEvent wake, sealer_wake;
  Journal::Lanes lanes;

  Fixture() {
    const LaneId id{.epoch = 1, .shard = 0};
    lanes.push_back(std::make_unique<RingLane>(
        *RingFile::create(blocking(), scratch.path() / "0.ring", id), id, wake));
  }
  RingLane& lane() { return *lanes[0]; }
  void drain() {
    const RingLane::Pending pending = lane().pending();
    lane().release(pending.position + pending.bytes.size());
  }
};

Record record_with(std::string_view path) {
  Record record;
  record.path = path;
  return record;
}

TEST(RingLane, FramesOverTheEndOfTheRingAreWhole) {
  Fixture f;
  const FrameCodec codec(f.lane().id());
  uint64_t expected = 1;
  for (int round = 0; round < 2000; ++round) {
    f.lane().append_end(record_with(std::string(static_cast<size_t>(round) % 3000, 'a')), 0);
    if (round % 7 == 0) {
      scan_frames(codec, f.lane().pending().bytes,
                  [&](const Frame& frame) { EXPECT_EQ(frame.n, expected++); });
      f.drain();
    }
  }
  EXPECT_GT(f.lane().pending().position, kRingBytes);
}

TEST(RingLane, BeginsHoldRoomForTheirEnds) {
  Fixture f;
  constexpr uint64_t kBegins = 1000;
  for (uint64_t i = 0; i < kBegins; ++i) {
    ASSERT_TRUE(f.lane().has_room());
    f.lane().append_begin({});
  }
  while (f.lane().has_room()) {
    f.lane().append_end(record_with("/refused"), 0);
  }
  // Each end still fits, without anyone draining.
  const Instant began = SystemClock().now();
  for (uint64_t i = 0; i < kBegins; ++i) {
    f.lane().append_end(record_with("/a"), i + 1);
  }
  EXPECT_EQ(f.lane().frames_lost(), 0U);
  EXPECT_LT(SystemClock().now() - began, std::chrono::seconds(2));
}

TEST(RingLane, WhatFindsNoRoomForLongIsAHoleInN) {
  Fixture f;
  const std::string path(4000, 'p');
  while (f.lane().has_room()) {
    f.lane().append_end(record_with(path), 0);
  }
  while (f.lane().frames_lost() < 3) {
    f.lane().append_end(record_with(path), 0);
  }
  std::vector<uint64_t> numbers;
  const auto collect = [&] {
    scan_frames(FrameCodec(f.lane().id()), f.lane().pending().bytes,
                [&](const Frame& frame) { numbers.push_back(frame.n); });
    f.drain();
  };
  collect();
  f.lane().append_end(record_with("/after"), 0);
  const uint64_t before = numbers.back();
  collect();
  EXPECT_EQ(numbers.back(), before + 4);
}

TEST(RingLane, FullRingSuspendsUntilTheJournalDrains) {
  Fixture f;
  const SystemClock clock;
  const auto loop = *io::EventLoop::create({}, clock);
  f.lane().attach(loop->mailbox());
  const std::string path(4000, 'p');
  while (f.lane().has_room()) {
    f.lane().append_end(record_with(path), 0);
  }
  io::Signal signal(*loop);
  f.lane().notify_when_room(signal);
  SegmentQueue queue(f.scratch.path(), 1 << 30);
  Journal journal(f.lanes, queue, AtCap::kContinue, f.wake, f.sealer_wake, f.clock);
  EXPECT_TRUE(journal.turn(blocking()));
  loop->run_turn(Duration(0));
  EXPECT_TRUE(f.lane().has_room());
  EXPECT_TRUE(signal.wait(Instant::never()).await_ready());
  f.lane().forget(signal);
  f.lane().detach();
}

TEST(Journal, AtTheCapItDiscardsAndTheRingStillDrains) {
  Fixture f;
  // Two segments, and nobody seals.
  SegmentQueue queue(f.scratch.path(), 1);
  Journal journal(f.lanes, queue, AtCap::kContinue, f.wake, f.sealer_wake, f.clock);
  const std::string path(4000, 'p');
  for (int i = 0; i < 5000; ++i) {
    if (!f.lane().has_room()) {
      journal.turn(blocking());
    }
    ASSERT_TRUE(f.lane().has_room());
    f.lane().append_end(record_with(path), 0);
  }
  EXPECT_GT(journal.frames_discarded(), 1000U);
  EXPECT_FALSE(journal.is_sound());
}

TEST(Journal, AtTheCapRefuseLeavesTheRingFull) {
  Fixture f;
  SegmentQueue queue(f.scratch.path(), 1);
  Journal journal(f.lanes, queue, AtCap::kRefuse, f.wake, f.sealer_wake, f.clock);
  const std::string path(4000, 'p');
  bool is_full = false;
  for (int i = 0; i < 5000 && !is_full; ++i) {
    if (!f.lane().has_room()) {
      journal.turn(blocking());
      is_full = !f.lane().has_room();
    }
    if (!is_full) {
      f.lane().append_end(record_with(path), 0);
    }
  }
  EXPECT_TRUE(is_full);
  EXPECT_EQ(journal.frames_discarded(), 0U);
}

TEST(SegmentQueue, ChunksComeBackInOrderAndFilesAreUsedAgain) {
  const ScratchDirectory scratch;
  SegmentQueue queue(scratch.path(), 3 * kSegmentBytes);
  const LaneId lane{.epoch = 1, .shard = 4};
  const std::string frames(800'000, 'f');
  std::vector<std::byte> into(kRingBytes);
  uint64_t written = 0;
  uint64_t read = 0;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 4; ++i) {
      ASSERT_TRUE(queue.append(blocking(), lane, written++ * 8, as_bytes(frames)).has_value());
    }
    while (true) {
      const auto chunk = queue.next(blocking(), into);
      ASSERT_TRUE(chunk.has_value());
      if (!chunk->has_value()) {
        break;
      }
      EXPECT_EQ((*chunk)->head.position, read++ * 8);
      EXPECT_EQ((*chunk)->head.lane, lane);
      EXPECT_EQ((*chunk)->frames.size(), frames.size());
    }
    queue.recycle();
    EXPECT_EQ(queue.bytes_waiting(), 0U);
  }
  EXPECT_EQ(read, written);
  EXPECT_LE(std::distance(std::filesystem::directory_iterator(scratch.path()), {}), 3);
}

TEST(SegmentQueue, CapIsExhaustedAndThenUsableAgain) {
  const ScratchDirectory scratch;
  SegmentQueue queue(scratch.path(), 1);
  const std::string frames(1'000'000, 'f');
  Result<> appended;
  int count = 0;
  while ((appended = queue.append(blocking(), {}, 0, as_bytes(frames))).has_value()) {
    ++count;
  }
  EXPECT_EQ(appended.error().code, ErrorCode::kExhausted);
  EXPECT_EQ(count, 8);
  std::vector<std::byte> into(kRingBytes);
  while (queue.next(blocking(), into)->has_value()) {
  }
  queue.recycle();
  EXPECT_TRUE(queue.append(blocking(), {}, 0, as_bytes(frames)).has_value());
}

}  // namespace
}  // namespace zerq::audit
