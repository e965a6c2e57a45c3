// SPDX-License-Identifier: Apache-2.0
#include "audit/refusal_condenser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "audit/journal.h"
#include "audit/record_json.h"
#include "audit/scratch_directory_for_test.h"
#include "audit/seal_batch.h"
#include "text/json.h"

namespace zerq::audit {
namespace {

constexpr const char* kNode = "018f4e66-0000-7000-8000-000000000001";
constexpr WallTime kNow{1'700'000'000'000'000};

io::Blocking blocking() { return io::BlockingThread::on_main_thread(); }

Record refused(std::string_view error, std::string_view reason, int64_t time_us = 0) {
  Record record;
  record.time = WallTime{kNow.us + time_us};
  record.status = 404;
  record.error = error;
  record.reason = reason;
  return record;
}

Record admitted(uint16_t status = 200, std::string_view error = {}) {
  Record record;
  record.time = kNow;
  record.request_id = "admitted";
  record.status = status;
  record.error = error;
  record.auth.type = "token";
  record.auth.result = "ok";
  return record;
}

struct Fixture {
  ScratchDirectory scratch;
  ManualClock clock;
  WakeEvent wake, sealer_wake;
  Journal::Lanes lanes;

  explicit Fixture(uint32_t shards = 1) {
    for (uint32_t shard = 0; shard < shards; ++shard) {
      const LaneId id{.epoch = 1, .shard = shard};
      lanes.push_back(std::make_unique<RingLane>(
          *RingFile::create(blocking(), scratch.path() / (std::to_string(shard) + ".ring"), id), id,
          wake));
    }
  }
  RingLane& lane(size_t shard = 0) { return *lanes[shard]; }
};

std::vector<Frame> frames_in(LaneId lane, Bytes bytes) {
  std::vector<Frame> frames;
  scan_frames(FrameCodec(lane), bytes, [&](const Frame& frame) { frames.push_back(frame); });
  return frames;
}

std::vector<text::json::object> seal(SealBatch& batch) {
  std::vector<text::json::object> records;
  BlockReader reader;
  for (const Block& block : batch.seal(Instant{})) {
    std::string_view lines = reader.lines(as_bytes(block.body), block.body_bytes);
    while (!lines.empty()) {
      const size_t end = lines.find('\n');
      records.push_back(text::parse_json(lines.substr(0, end))->as_object());
      lines.remove_prefix(end + 1);
    }
  }
  return records;
}

TEST(RefusalCondenser, StrangersBecomeCountsAndAllElseStaysByteForByte) {
  Fixture f;
  const uint64_t begin = f.lane().append_begin({.time = kNow});  // n 1
  f.lane().append_end(refused("route_not_found", "no_route", 30), 0);
  f.lane().append_end(refused("route_not_found", "no_route", 10), 0);
  f.lane().append_end(refused("request_timeout", {}, 20), 0);
  f.lane().append_end(admitted(), begin);
  f.lane().append_end(admitted(429, "rate_limit_exceeded"), 0);
  Record crowd = refused("invalid_token", "unknown_token");
  crowd.auth.type = "token";
  crowd.auth.result = "refused";
  f.lane().append_end(crowd, 0);
  const Bytes before = f.lane().pending().bytes;
  RefusalCondenser condenser;
  const Bytes after = condenser.condense(f.lane().id(), before, kNow);
  EXPECT_LT(after.size(), before.size());
  EXPECT_EQ(condenser.records(), 4U);

  const std::vector<Frame> old = frames_in(f.lane().id(), before);
  const std::vector<Frame> now = frames_in(f.lane().id(), after);
  ASSERT_EQ(now.size(), 5U);
  const auto expect_same = [&](const Frame& a, const Frame& b) {
    EXPECT_EQ(a.n, b.n);
    EXPECT_EQ(a.position, b.position);
    EXPECT_TRUE(std::ranges::equal(a.payload, b.payload));
  };
  expect_same(now[0], old[0]);
  expect_same(now[2], old[4]);
  expect_same(now[3], old[5]);
  EXPECT_EQ(now[1].type, FrameType::kCondensed);
  EXPECT_EQ(now[1].n, 4U);
  const auto run = decode_run(now[1].payload);
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->time.us, kNow.us);
  EXPECT_EQ(run->first_n, 2U);
  EXPECT_EQ(run->first_time.us, kNow.us + 10);
  EXPECT_EQ(run->last_time.us, kNow.us + 30);
  ASSERT_EQ(run->counts.size(), 2U);
  EXPECT_EQ(run->counts[0].reason, "no_route");
  EXPECT_EQ(run->counts[0].records, 2U);
  EXPECT_EQ(run->counts[1].reason, "request_timeout") << "without a reason, the error's code";
  EXPECT_EQ(decode_run(now[4].payload)->counts[0].reason, "unknown_token");
}

TEST(RefusalCondenser, ManyReasonsNeverMakeItLonger) {
  Fixture f;
  for (int i = 0; i < 300; ++i) {
    f.lane().append_end(refused("e", "reason-" + std::to_string(i) + std::string(100, 'r')), 0);
  }
  const Bytes before = f.lane().pending().bytes;
  RefusalCondenser condenser;
  const Bytes after = condenser.condense(f.lane().id(), before, kNow);
  EXPECT_LE(after.size(), before.size());
  uint64_t next_n = 1;
  for (const Frame& frame : frames_in(f.lane().id(), after)) {
    const auto run = decode_run(frame.payload);
    ASSERT_TRUE(run.has_value());
    EXPECT_EQ(run->first_n, next_n);
    EXPECT_EQ(frame.n + 1 - run->first_n, run->counts.size());
    next_n = frame.n + 1;
  }
  EXPECT_EQ(next_n, 301U);
}

TEST(RefusalCondenser, PayloadThatIsCutIsNoRun) {
  CondensedRun run{.time = kNow, .first_n = 3, .counts = {}};
  run.add(kNow, "no_route");
  run.add(kNow, "no_collection");
  std::vector<std::byte> payload(encoded_bytes(run));
  encode_run(run, payload.data());
  ASSERT_TRUE(decode_run(payload).has_value());
  for (size_t bytes = 0; bytes < payload.size(); ++bytes) {
    // Behind a whole count it is a shorter run; the frame's check is what tells.
    const auto cut = decode_run(Bytes(payload).first(bytes));
    EXPECT_TRUE(!cut.has_value() || cut->counts.size() < 2) << bytes;
  }
}

TEST(RefusalCondenser, RunsOfASecondOfAllLanesAreOneRecordWithoutAGap) {
  Fixture f(2);
  RefusalCondenser condenser;
  SealBatch batch(kNode, {});
  std::vector<std::vector<std::byte>> kept;
  const auto pass = [&](size_t shard, WallTime now) {
    const RingLane::Pending pending = f.lane(shard).pending();
    const Bytes out = condenser.condense(f.lane(shard).id(), pending.bytes, now);
    const auto& bytes = kept.emplace_back(out.begin(), out.end());
    scan_frames(FrameCodec(f.lane(shard).id()), bytes,
                [&](const Frame& frame) { batch.take(f.lane(shard).id(), frame); });
    f.lane(shard).release(pending.position + pending.bytes.size());
  };
  f.lane(0).append_end(refused("route_not_found", "no_route"), 0);
  f.lane(0).append_end(admitted(), 0);
  f.lane(0).append_end(refused("route_not_found", "no_route", 5), 0);
  pass(0, WallTime{kNow.us + 100});
  f.lane(1).append_end(refused("access_denied", "denied_ip", 7), 0);
  pass(1, WallTime{kNow.us + 200});
  f.lane(0).append_end(refused("route_not_found", "no_route", 9), 0);
  pass(0, WallTime{kNow.us + 1'000'000});
  const auto records = seal(batch);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].at("kind").as_string(), "request");
  EXPECT_EQ(records[1].at("kind").as_string(), "summary");
  EXPECT_EQ(records[2].at("kind").as_string(), "summary");
  EXPECT_EQ(records[1].at("seq").as_int64(), 2);
  EXPECT_EQ(text::json::serialize(records[1].at("summary")),
            R"({"records":3,"first_time":"2023-11-14T22:13:20.000000Z",)"
            R"("last_time":"2023-11-14T22:13:20.000007Z","reasons":{"denied_ip":1,"no_route":2},)"
            R"("lanes":[{"epoch":1,"shard":0,"first_n":1,"last_n":3,"records":2},)"
            R"({"epoch":1,"shard":1,"first_n":1,"last_n":1,"records":1}]})");
  EXPECT_EQ(batch.totals().gaps, 0U);
  EXPECT_EQ(batch.state().find_lane(f.lane(0).id())->next_n, 5U);
}

TEST(RefusalCondenser, DamagedRunIsAGapForAllItStandsFor) {
  Fixture f;
  for (int i = 0; i < 5; ++i) {
    f.lane().append_end(refused("route_not_found", "no_route"), 0);
  }
  f.lane().append_end(admitted(), 0);
  RefusalCondenser condenser;
  const Bytes out = condenser.condense(f.lane().id(), f.lane().pending().bytes, kNow);
  std::vector<std::byte> bytes(out.begin(), out.end());
  bytes[kFrameHeadBytes + 9] ^= std::byte(1);
  SealBatch batch(kNode, {});
  for (const Frame& frame : frames_in(f.lane().id(), bytes)) {
    batch.take(f.lane().id(), frame);
  }
  const auto records = seal(batch);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(text::json::serialize(records[0].at("gap")),
            R"({"epoch":1,"shard":0,"first_n":1,"last_n":5})");
}

TEST(Journal, StrangersGetHalfOfItAndAdmittedCallersTheRest) {
  Fixture f;
  SegmentQueue queue(f.scratch.path(), 4 * kSegmentBytes);
  Journal journal(f.lanes, queue, AtCap::kContinue, f.wake, f.sealer_wake, f.clock);
  const std::string path(4000, 'p');
  const auto append = [&](Record record) {
    record.path = path;
    if (!f.lane().has_room()) {
      ASSERT_TRUE(journal.turn(blocking()));
    }
    f.lane().append_end(record, 0);
  };
  // As much as five times the cap.
  for (int i = 0; i < 20'000; ++i) {
    append(refused("route_not_found", "no_route"));
  }
  ASSERT_TRUE(journal.turn(blocking()));
  const uint64_t strangers = queue.bytes_waiting();
  EXPECT_GE(strangers, 2 * kSegmentBytes);
  EXPECT_LE(strangers, 2 * kSegmentBytes + 2 * kRingBytes);
  for (int i = 0; i < 1000; ++i) {
    append(admitted());
  }
  ASSERT_TRUE(journal.turn(blocking()));
  EXPECT_GT(queue.bytes_waiting(), strangers + 1000 * path.size());
  EXPECT_EQ(journal.frames_discarded(), 0U);
  EXPECT_TRUE(journal.is_sound());
  SealBatch batch(kNode, {});
  std::deque<std::vector<std::byte>> chunks;
  std::vector<std::byte> into(kRingBytes);
  while (const auto chunk = *queue.next(blocking(), into)) {
    const auto& bytes = chunks.emplace_back(chunk->frames.begin(), chunk->frames.end());
    scan_frames(FrameCodec(chunk->head.lane), bytes,
                [&](const Frame& frame) { batch.take(chunk->head.lane, frame); });
  }
  uint64_t single = 0;
  uint64_t counted = 0;
  for (const auto& record : seal(batch)) {
    if (record.at("kind").as_string() == "summary") {
      counted += static_cast<uint64_t>(record.at("summary").as_object().at("records").as_int64());
    } else {
      ++single;
    }
  }
  EXPECT_EQ(single + counted, 21'000U);
  EXPECT_EQ(counted, journal.condensed());
  EXPECT_GT(counted, 15'000U);
  EXPECT_EQ(batch.totals().gaps, 0U);
}

}  // namespace
}  // namespace zerq::audit
