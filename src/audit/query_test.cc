// SPDX-License-Identifier: Apache-2.0
#include "audit/query.h"

#include <gtest/gtest.h>

#include "audit/audit_files.h"
#include "audit/query_run.h"
#include "audit/record_codec.h"
#include "audit/scratch_directory_for_test.h"
#include "audit/seal_batch.h"
#include "store/data_directory.h"
#include "text/json.h"

namespace zerq::audit {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNode = "018f4e66-0000-7000-8000-000000000001";
constexpr LaneId kLane{.epoch = 1, .shard = 0};
constexpr int64_t kDayUs = 86'400'000'000;

io::Blocking blocking() { return io::BlockingThread::on_main_thread(); }

ObjectId id_of(int number) {
  std::array<uint8_t, ObjectId::kBytes> bytes{};
  bytes[11] = static_cast<uint8_t>(number);
  bytes[0] = 1;
  return ObjectId(bytes);
}

// A log that is written without journal and threads.
class WrittenLog {
 public:
  explicit WrittenLog(AuditConfig config = {})
      : config_(config), files_(*AuditFiles::open(blocking(), folder(), config)) {
    EXPECT_TRUE(make_private_folder(folder()).has_value());
  }

  fs::path folder() const { return scratch_.path() / "audit"; }
  WallTime now() const { return now_; }
  void move_on(int64_t us) { now_.us += us; }

  void add(Record record) {
    record.time = now_;
    now_.us += 1000;
    std::vector<std::byte>& payload = payloads_.emplace_back(encoded_bytes(record));
    encode_record(record, 0, payload.data());
    batch_.take(kLane,
                {.n = ++n_, .type = FrameType::kEnd, .position = n_ * 8, .payload = payload});
  }
  void commit() {
    if (files_->must_roll(now_)) {
      batch_.start_new_blocks();
      files_->roll();
    }
    const std::vector<Block> blocks = batch_.seal(Instant{now_.us * 1000});
    const auto done = files_->commit(blocking(), blocks, batch_.state(), now_);
    EXPECT_TRUE(done.has_value());
    payloads_.clear();
  }
  // `count` records, each tenth of client 1 and with status 404.
  void add_many(int count) {
    for (int i = 0; i < count; ++i) {
      Record record;
      const std::string id = "id-" + std::to_string(added_++);
      const std::string path = "/p/" + std::to_string(i % 7) + "/x";
      record.request_id = id;
      record.path = path;
      record.status = i % 10 == 0 ? 404 : 200;
      record.error = i % 10 == 0 ? "route_not_found" : "";
      record.client_id = id_of(i % 10 == 0 ? 1 : 2);
      record.client_ip = IpAddress::v4(0x0A000000 + static_cast<uint32_t>(i % 10));
      add(record);
    }
  }
  AuditFiles& files() { return *files_; }

  QueryPage page(const Query& query) const {
    return *run_query(blocking(), {.audit_folder = folder(), .journal = nullptr, .node = kNode},
                      query);
  }
  // Over all pages.
  std::vector<int64_t> seqs(Query query) const {
    std::vector<int64_t> found;
    do {
      const QueryPage page = this->page(query);
      for (const std::string& line : page.records) {
        found.push_back(text::parse_json(line)->as_object().at("seq").as_int64());
      }
      query.cursor = page.next_cursor;
    } while (!query.cursor.empty());
    return found;
  }

 private:
  ScratchDirectory scratch_;
  AuditConfig config_;
  WallTime now_{1'700'000'000'000'000};
  std::unique_ptr<AuditFiles> files_;
  SealBatch batch_{kNode, {}};
  std::vector<std::vector<std::byte>> payloads_;
  uint64_t n_ = 0;
  int added_ = 0;
};

std::vector<int64_t> down_from(int64_t first, int64_t last) {
  std::vector<int64_t> seqs;
  for (int64_t seq = first; seq >= last; --seq) {
    seqs.push_back(seq);
  }
  return seqs;
}

TEST(Query, PagesGoDownWithoutHolesOverBlocksAndFiles) {
  AuditConfig config;
  config.file_bytes_max = 60'000;
  WrittenLog log(config);
  for (int i = 0; i < 12; ++i) {
    log.add_many(700);
    log.commit();
  }
  EXPECT_GT(list_audit_files(log.folder()).size(), 2U);
  EXPECT_EQ(log.seqs({.limit = 333}), down_from(8400, 1));
}

TEST(Query, CursorIsStableWhileRecordsArrive) {
  WrittenLog log;
  log.add_many(100);
  log.commit();
  Query query{.limit = 30};
  std::vector<int64_t> found;
  do {
    const QueryPage page = log.page(query);
    for (const std::string& line : page.records) {
      found.push_back(text::parse_json(line)->as_object().at("seq").as_int64());
    }
    query.cursor = page.next_cursor;
    log.add_many(50);
    log.commit();
  } while (!query.cursor.empty());
  EXPECT_EQ(found, down_from(100, 1));
}

TEST(Query, FiltersAgreeWithALookAtEveryRecord) {
  WrittenLog log;
  for (int i = 0; i < 3; ++i) {
    log.add_many(1000);
    log.commit();
  }
  const auto count = [&](const Query& query) { return log.seqs(query).size(); };
  EXPECT_EQ(count({.client_id = id_of(1), .limit = 1000}), 300U);
  EXPECT_EQ(count({.client_id = id_of(9), .limit = 1000}), 0U);
  EXPECT_EQ(count({.status = StatusRange::parse("4xx"), .limit = 1000}), 300U);
  EXPECT_EQ(count({.status = StatusRange::parse("200-403"), .limit = 1000}), 2700U);
  EXPECT_EQ(count({.error = "route_not_found", .limit = 1000}), 300U);
  EXPECT_EQ(count({.error = "route_not", .limit = 1000}), 0U);
  EXPECT_EQ(count({.path_prefix = "/p/3/", .limit = 1000}), 429U);
  EXPECT_EQ(count({.ip = CidrBlock::parse("10.0.0.0/31"), .limit = 1000}), 600U);
  EXPECT_EQ(count({.text = "id-77\"", .limit = 1000}), 0U);
  EXPECT_EQ(count({.text = "id-77", .limit = 1000}), 11U);
  EXPECT_EQ(count({.kind = "request", .limit = 1000}), 3000U);
  EXPECT_EQ(count({.node = "other", .limit = 1000}), 0U);
  EXPECT_EQ(count({.node = kNode, .limit = 1000}), 3000U);
  EXPECT_EQ(log.seqs({.request_id = "id-1234"}), (std::vector<int64_t>{1235}));
  EXPECT_EQ(count({.request_id = "id-9999"}), 0U);
}

TEST(Query, TimeIsFromIncludedToExcluded) {
  WrittenLog log;
  const WallTime begin = log.now();
  log.add_many(10);
  log.commit();
  EXPECT_EQ(log.seqs({.from = WallTime{begin.us + 3000}, .to = WallTime{begin.us + 6000}}),
            (std::vector<int64_t>{6, 5, 4}));
}

TEST(Query, NewRecordsComeUpwardsFromWhereTheFirstPageStood) {
  AuditConfig config;
  config.file_bytes_max = 60'000;
  WrittenLog log(config);
  const auto seqs_of = [](const QueryPage& page) {
    std::vector<int64_t> seqs;
    for (const std::string& line : page.records) {
      seqs.push_back(text::parse_json(line)->as_object().at("seq").as_int64());
    }
    return seqs;
  };
  for (int i = 0; i < 2; ++i) {
    log.add_many(900);
    log.commit();
  }
  Query query{.limit = 400, .cursor = std::string(Query::kNewRecords)};
  Query filtered = query;
  filtered.client_id = id_of(1);
  QueryPage page = log.page(query);
  EXPECT_TRUE(page.records.empty());
  EXPECT_EQ(page.next_cursor, "t1800");
  filtered.cursor = log.page(filtered).next_cursor;
  for (int i = 0; i < 4; ++i) {
    log.add_many(900);
    log.commit();
  }
  std::vector<int64_t> found;
  do {
    query.cursor = page.next_cursor;
    page = log.page(query);
    const std::vector<int64_t> seqs = seqs_of(page);
    found.insert(found.end(), seqs.begin(), seqs.end());
  } while (!page.records.empty());
  std::vector<int64_t> expected = down_from(5400, 1801);
  std::ranges::reverse(expected);
  EXPECT_EQ(found, expected);
  EXPECT_EQ(page.next_cursor, "t5400");
  // What does not match is passed over once, not at every poll.
  page = log.page(filtered);
  EXPECT_EQ(page.records.size(), 360U);
  EXPECT_EQ(page.next_cursor, "t5400");
  filtered.cursor = page.next_cursor;
  EXPECT_TRUE(log.page(filtered).records.empty());
}

TEST(Query, ParametersAreStrict) {
  Query query;
  for (const auto& [name, value] : std::initializer_list<std::pair<const char*, const char*>>{
           {"status", "429"},
           {"status", "4xx"},
           {"status", "400-499"},
           {"status", "0"},
           {"from", "2026-11-24T13:00:00Z"},
           {"to", "2026-11-24T13:00:00.5+02:00"},
           {"client_id", "0123456789abcdef01234567"},
           {"ip", "10.0.0.0/8"},
           {"ip", "::1"},
           {"limit", "1000"},
           {"q", "x"},
           {"path_prefix", "/a"},
           {"kind", "request"}}) {
    EXPECT_TRUE(query.set(name, value)) << name << "=" << value;
  }
  for (const auto& [name, value] : std::initializer_list<std::pair<const char*, const char*>>{
           {"status", "4x"},
           {"status", "499-400"},
           {"status", ""},
           {"status", "40"},
           {"status", "400-"},
           {"from", "yesterday"},
           {"from", "2026-02-30T00:00:00Z"},
           {"from", "2026-11-24T13:00:00"},
           {"from", "2026-11-24T13:00:00.1234567Z"},
           {"client_id", "x"},
           {"ip", "10.0.0.1/8"},
           {"limit", "0"},
           {"limit", "1001"},
           {"limit", "-1"},
           {"clientid", "x"},
           {"q", ""}}) {
    EXPECT_FALSE(query.set(name, value)) << name << "=" << value;
  }
  EXPECT_EQ(parse_time("1970-01-01T01:00:00.000001+01:00")->us, 1);
}

TEST(Query, ForeignCursorsAreRefused) {
  const WrittenLog log;
  for (const char* cursor : {"x", "s", "s1x", "u1.2.3", "u1.2.3.4.5.6", "-1"}) {
    const auto page =
        run_query(blocking(), {.audit_folder = log.folder(), .journal = nullptr, .node = kNode},
                  {.cursor = cursor});
    ASSERT_FALSE(page.has_value()) << cursor;
    EXPECT_EQ(page.error().code, ErrorCode::kMalformed);
  }
}

TEST(AuditFiles, ADayIsAFileAndOldOnesAreDropped) {
  AuditConfig config;
  config.retention_days = 3;
  WrittenLog log(config);
  for (int day = 0; day < 6; ++day) {
    log.add_many(10);
    log.commit();
    log.move_on(kDayUs);
  }
  EXPECT_EQ(list_audit_files(log.folder()).size(), 6U);
  log.files().drop_old(blocking(), WallTime{log.now().us - kDayUs});
  EXPECT_EQ(list_audit_files(log.folder()).size(), 4U);
  EXPECT_EQ(log.seqs({.limit = 7}), down_from(60, 21));
}

TEST(AuditFiles, NewestIsKeptHoweverOldAndLarge) {
  AuditConfig config;
  config.retention_days = 1;
  config.retention_bytes = 1;
  WrittenLog log(config);
  log.add_many(10);
  log.commit();
  log.move_on(100 * kDayUs);
  log.files().drop_old(blocking(), log.now());
  EXPECT_EQ(list_audit_files(log.folder()).size(), 1U);
}

TEST(AuditFiles, DamagedFileIsNamedAndLeftAsItIs) {
  WrittenLog log;
  log.add_many(3000);
  log.commit();
  log.files().close(blocking());
  const fs::path path = list_audit_files(log.folder()).at(0);
  const std::string good = *store::read_file(blocking(), path, 1 << 30);
  for (const std::string& bad :
       {std::string(good.size(), 'g'), good.substr(0, 1000),
        "not a database at all" + good.substr(21), good.substr(0, good.size() / 2)}) {
    ASSERT_TRUE(store::replace_file(blocking(), path, bad).has_value());
    const auto opened = AuditFiles::open(blocking(), log.folder(), {});
    ASSERT_FALSE(opened.has_value()) << bad.size();
    EXPECT_NE(opened.error().line.find(path.filename().string()), std::string::npos);
    EXPECT_EQ(*store::read_file(blocking(), path, 1 << 30), bad);
  }
  ASSERT_TRUE(store::replace_file(blocking(), path, good).has_value());
  EXPECT_TRUE(AuditFiles::open(blocking(), log.folder(), {}).has_value());
  EXPECT_EQ(std::distance(fs::directory_iterator(log.folder()), {}), 1);
}

}  // namespace
}  // namespace zerq::audit
