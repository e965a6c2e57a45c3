// SPDX-License-Identifier: Apache-2.0
#include "audit/audit.h"

#include <gtest/gtest.h>

#include <set>

#include "audit/scratch_directory_for_test.h"
#include "text/json.h"

namespace zerq::audit {
namespace {

io::Blocking blocking() { return io::BlockingThread::on_main_thread(); }

Record record_of(std::string_view id, const Clock& clock, uint16_t status = 200) {
  Record record;
  record.time = clock.wall_now();
  record.request_id = id;
  record.client_ip = record.peer_ip = *IpAddress::parse("127.0.0.1");
  record.protocol = "HTTP/1.1";
  record.method = "GET";
  record.host = "shop.example";
  record.path = "/open/a";
  record.client_id = *ObjectId::parse("0123456789abcdef01234567");
  record.status = status;
  return record;
}

struct Node {
  ScratchDirectory scratch;
  SystemClock clock;
  AuditConfig config;
  std::unique_ptr<store::DataDirectory> directory;
  std::unique_ptr<Audit> audit;
  std::unique_ptr<io::EventLoop> loop;

  Node() { loop = *io::EventLoop::create({}, clock); }

  void start(uint32_t shards = 1) {
    directory = *store::DataDirectory::open(blocking(), scratch.path() / "data");
    audit = *Audit::open(blocking(), {.config = config, .shards = shards}, *directory, clock);
  }
  void stop() {
    audit.reset();
    directory.reset();
  }
  QueryPage ask(const Query& query) {
    return *query_directory(blocking(), scratch.path() / "data", {}, query);
  }
  std::vector<std::string> all(Stream stream = Stream::kRequests) {
    std::vector<std::string> lines;
    Query query{.stream = stream, .limit = 1000};
    do {
      QueryPage page = ask(query);
      lines.insert(lines.end(), page.records.begin(), page.records.end());
      query.cursor = page.next_cursor;
    } while (!query.cursor.empty());
    return lines;
  }
};

text::json::object parse(const std::string& line) { return text::parse_json(line)->as_object(); }

TEST(Audit, RecordsAreSealedInOrderAndSurviveAStop) {
  Node node;
  node.start();
  Lane& lane = node.audit->attach_lane(0, *node.loop);
  for (int i = 0; i < 2500; ++i) {
    ASSERT_TRUE(lane.has_room());
    const uint64_t n = lane.append_begin({.time = node.clock.wall_now()});
    lane.append_end(record_of("id-" + std::to_string(i), node.clock), n);
  }
  node.audit->detach_lane(0);
  node.stop();
  const std::vector<std::string> lines = node.all();
  ASSERT_EQ(lines.size(), 2500U);
  for (size_t i = 0; i < lines.size(); ++i) {
    const auto record = parse(lines[i]);
    ASSERT_EQ(record.at("seq").as_int64(), static_cast<int64_t>(2500 - i)) << lines[i];
    ASSERT_EQ(record.at("request_id").as_string(), "id-" + std::to_string(2499 - i));
  }
  EXPECT_FALSE(std::filesystem::exists(node.scratch.path() / "data/journal/1"));
  const std::vector<std::string> events = node.all(Stream::kAdmin);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(parse(events[0]).at("event").as_string(), "stop");
  EXPECT_EQ(parse(events[1]).at("event").as_string(), "start");
}

TEST(Audit, EveryFileIsPrivate) {
  Node node;
  node.start();
  const auto expect_private = [&] {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(node.scratch.path() / "data")) {
      EXPECT_EQ(entry.status().permissions() & std::filesystem::perms(077),
                std::filesystem::perms::none)
          << entry.path();
    }
  };
  expect_private();
  node.stop();
  expect_private();
}

TEST(Audit, CopyOfARunningNodeHoldsAllThatWasAppended) {
  Node node;
  node.config.sync_ms = 60'000;
  node.start(2);
  for (uint32_t shard = 0; shard < 2; ++shard) {
    Lane& lane = node.audit->attach_lane(shard, *node.loop);
    for (int i = 0; i < 300; ++i) {
      const uint64_t n = lane.append_begin({.time = node.clock.wall_now()});
      lane.append_end(record_of(std::to_string(shard) + "-" + std::to_string(i), node.clock), n);
    }
    lane.append_begin({.time = node.clock.wall_now()});
  }
  Node copy;
  std::filesystem::copy(node.scratch.path(), copy.scratch.path(),
                        std::filesystem::copy_options::recursive);
  copy.start();
  copy.stop();
  const std::vector<std::string> lines = copy.all();
  ASSERT_EQ(lines.size(), 602U);
  size_t crashed = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    const auto record = parse(lines[i]);
    EXPECT_EQ(record.at("seq").as_int64(), static_cast<int64_t>(602 - i));
    crashed += record.at("status").as_int64() == 0 ? 1 : 0;
  }
  EXPECT_EQ(crashed, 2U);
  EXPECT_EQ(parse(copy.all(Stream::kAdmin).at(2)).at("event").as_string(), "recovery");
  node.audit->detach_lane(0);
  node.audit->detach_lane(1);
}

TEST(Audit, SeqGoesOnInTheNextLife) {
  Node node;
  for (int life = 0; life < 3; ++life) {
    node.start();
    Lane& lane = node.audit->attach_lane(0, *node.loop);
    lane.append_end(record_of("life-" + std::to_string(life), node.clock), 0);
    node.audit->detach_lane(0);
    node.stop();
  }
  const std::vector<std::string> lines = node.all();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(parse(lines[0]).at("seq").as_int64(), 3);
  EXPECT_EQ(parse(lines[0]).at("node"), parse(lines[2]).at("node"));
}

TEST(Audit, RecordIsSeenWithinASecond) {
  Node node;
  node.start();
  Lane& lane = node.audit->attach_lane(0, *node.loop);
  lane.append_end(record_of("soon", node.clock), 0);
  const Instant until = node.clock.now() + std::chrono::seconds(1);
  size_t seen = 0;
  while (seen == 0 && node.clock.now() < until) {
    node.loop->run_turn(std::chrono::milliseconds(10));
    seen = node.audit->query(blocking(), {.request_id = "soon"})->records.size();
  }
  EXPECT_EQ(seen, 1U);
  node.audit->detach_lane(0);
}

TEST(Audit, UnsealedRecordsAreSeenFromOutside) {
  Node node;
  node.config.sync_ms = 60'000;
  node.start();
  Lane& lane = node.audit->attach_lane(0, *node.loop);
  lane.append_end(record_of("first", node.clock), 0);
  lane.append_end(record_of("second", node.clock), 0);
  const QueryPage page = node.ask({.limit = 10});
  ASSERT_EQ(page.records.size(), 2U);
  EXPECT_TRUE(parse(page.records[0]).at("seq").is_null());
  EXPECT_EQ(parse(page.records[0]).at("request_id").as_string(), "second");
  node.audit->detach_lane(0);
}

TEST(Audit, PagesOfUnsealedRecordsGoOnWhenTheyWereSealedInBetween) {
  Node node;
  node.config.sync_ms = 60'000;
  node.start();
  Lane& lane = node.audit->attach_lane(0, *node.loop);
  for (int i = 0; i < 20; ++i) {
    lane.append_end(record_of("id-" + std::to_string(i), node.clock), 0);
  }
  QueryPage page = node.ask({.limit = 8});
  std::vector<std::string> lines = page.records;
  node.audit->detach_lane(0);
  node.stop();
  while (!page.next_cursor.empty()) {
    page = node.ask({.limit = 8, .cursor = page.next_cursor});
    lines.insert(lines.end(), page.records.begin(), page.records.end());
  }
  std::set<std::string> ids;
  for (const std::string& line : lines) {
    ids.emplace(parse(line).at("request_id").as_string());
  }
  EXPECT_EQ(lines.size(), 20U);
  EXPECT_EQ(ids.size(), 20U);
}

}  // namespace
}  // namespace zerq::audit
