// SPDX-License-Identifier: Apache-2.0
#include "audit/recovery.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <deque>
#include <map>

#include "audit/audit_files.h"
#include "audit/journal.h"
#include "audit/kill_point.h"
#include "audit/ring_file.h"
#include "audit/scratch_directory_for_test.h"
#include "audit/sealed_scan.h"
#include "audit/sealer.h"
#include "audit/segment_format.h"
#include "store/data_directory.h"
#include "text/json.h"

namespace zerq::audit {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNode = "018f4e66-0000-7000-8000-000000000001";

io::Blocking blocking() { return io::BlockingThread::on_main_thread(); }

std::string id_of(uint64_t number) { return "id-" + std::to_string(number); }

Record record_of(std::string_view id, WallTime time, std::string_view path) {
  Record record;
  record.time = time;
  record.request_id = id;
  record.path = path;
  record.query = path;
  record.status = 200;
  return record;
}

// One process life without threads: every step is called by hand.
struct Life {
  ManualClock clock;
  JournalFolder folder;
  uint64_t epoch;
  QuotaCounts quotas;  // As the start of this life found them.
  WakeEvent wake, sealer_wake;
  Journal::Lanes lanes;
  std::unique_ptr<SegmentQueue> queue;
  std::unique_ptr<Journal> journal;
  std::unique_ptr<Sealer> sealer;

  explicit Life(const fs::path& directory, AuditConfig config = {}) : folder(directory, {}, kNode) {
    auto files = *AuditFiles::open(blocking(), directory / "audit", config);
    EXPECT_TRUE(make_private_folder(directory / "audit").has_value());
    epoch = files->last_epoch();
    for (const uint64_t old : folder.epochs()) {
      epoch = std::max(epoch, old);
    }
    ++epoch;
    quotas = read_quotas(blocking(), folder, files->state(), epoch);
    clock.advance(std::chrono::seconds(epoch));
    EXPECT_TRUE(folder.make(blocking(), epoch).has_value());
    for (const uint32_t shard : {0U, 1U, LaneId::kAdminShard}) {
      const LaneId lane{.epoch = epoch, .shard = shard};
      lanes.push_back(std::make_unique<RingLane>(
          *RingFile::create(blocking(), folder.ring(lane), lane), lane, wake));
    }
    queue = std::make_unique<SegmentQueue>(folder.segments(epoch), config.journal_max_bytes);
    journal = std::make_unique<Journal>(lanes, *queue, config.at_cap, wake, sealer_wake, clock);
    sealer = std::make_unique<Sealer>(Sealer::Parts{.config = config,
                                                    .node = kNode,
                                                    .epoch = epoch,
                                                    .folder = folder,
                                                    .queue = *queue,
                                                    .wake = sealer_wake,
                                                    .clock = clock},
                                      std::move(files));
  }
  bool close() {
    journal->turn(blocking());
    std::vector<Sealer::LaneEnd> ends;
    for (const auto& lane : lanes) {
      ends.push_back({.lane = lane->id(), .next_n = lane->next_n()});
    }
    sealer->set_ends(ends);
    return sealer->close(blocking());
  }
};

struct Log {
  std::map<std::string, int> by_id;
  int crashed = 0;
  int gaps = 0;
};

// Every record of the request stream; fails where seq has a hole or the chain does not hold.
Log read_log(const fs::path& directory) {
  Log log;
  SealedScan scan = *SealedScan::open(blocking(), directory / "audit", Stream::kRequests);
  crypto::Sha256 sha;
  crypto::Digest256 chain{};
  uint64_t expected = 1;
  const RecordFilter filter(Query{}, kNode);
  const auto done = scan.walk_up(blocking(), filter, 0, [&](uint64_t seq, std::string_view line) {
    EXPECT_EQ(seq, expected++);
    const auto record = text::parse_json(line)->as_object();
    EXPECT_EQ(record.at("seq").as_int64(), static_cast<int64_t>(seq));
    const crypto::Digest256 of_line = crypto::sha256(as_bytes(line));
    chain = sha.update(chain).update(std::as_bytes(std::span(&seq, 1))).update(of_line).finish();
    if (record.at("kind").as_string() == "gap") {
      ++log.gaps;
    } else if (!record.at("error").is_null()) {
      EXPECT_EQ(record.at("error").as_string(), "gateway_crashed");
      EXPECT_EQ(record.at("status").as_int64(), 0);
      ++log.crashed;
    } else {
      ++log.by_id[std::string(record.at("request_id").as_string())];
    }
    return true;
  });
  EXPECT_TRUE(done.has_value());
  EXPECT_EQ(scan.state().streams[0].next_seq, expected);
  EXPECT_EQ(scan.state().streams[0].chain, chain);
  return log;
}

// --- Quotas ---

constexpr uint16_t kDayToCome = 60000;

QuotaUse use_of(uint8_t policy) {
  return {.policy_id = ObjectId({policy}), .interval = 1, .first_day = kDayToCome};
}

uint64_t used_of(const QuotaCounts& quotas) {
  uint64_t used = 0;
  for (const QuotaCount& count : quotas.all()) {
    used += count.used;
  }
  return used;
}

QuotaCounts sealed_quotas(const fs::path& directory) {
  return (*AuditFiles::open(blocking(), directory / "audit", AuditConfig()))->state().quotas;
}

// What a process that will be killed tells the one that looks at its remains.
struct Witness {
  std::atomic<uint64_t> ended = 0;
  std::atomic<uint64_t> begun = 0;
};

class SharedWitness {
 public:
  SharedWitness()
      : witness_(new(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                            0)) Witness) {}
  ~SharedWitness() { ::munmap(witness_, 4096); }
  Witness* operator->() const { return witness_; }
  Witness& operator*() const { return *witness_; }

 private:
  Witness* witness_;
};

// Small files and long records, so that everything rotates.
AuditConfig busy_config() {
  AuditConfig config;
  config.journal_max_bytes = 2 * kSegmentBytes;
  config.file_bytes_max = 40'000;
  return config;
}

void live(const fs::path& directory, Witness& witness) {
  Life life(directory, busy_config());
  ASSERT_TRUE(life.sealer->recover(blocking()));
  const std::string path(4000, 'p');
  for (int round = 0; round < 7; ++round) {
    for (int i = 0; i < 110; ++i) {
      RingLane& lane = *life.lanes[static_cast<size_t>(i % 2)];
      life.clock.advance(std::chrono::milliseconds(1));
      const uint64_t n = lane.append_begin(
          {.time = life.clock.wall_now(), .quota = use_of(static_cast<uint8_t>(i % 7))});
      ++witness.begun;
      // One in ten never ends.
      if (i % 10 == 0) {
        continue;
      }
      lane.append_end(record_of(id_of(witness.ended), life.clock.wall_now(), path), n);
      ++witness.ended;
    }
    ASSERT_TRUE(life.journal->turn(blocking()));
    life.sealer->seal(blocking());
  }
  ASSERT_TRUE(life.close());
}

void expect_complete(const Log& log, const Witness& witness) {
  EXPECT_EQ(log.gaps, 0);
  EXPECT_EQ(log.by_id.size(), witness.ended);
  for (uint64_t i = 0; i < witness.ended; ++i) {
    const auto found = log.by_id.find(id_of(i));
    ASSERT_NE(found, log.by_id.end()) << i;
    ASSERT_EQ(found->second, 1) << i;
  }
  EXPECT_EQ(static_cast<uint64_t>(log.crashed), witness.begun - witness.ended);
}

TEST(Recovery, NothingIsLostOrDoubledWhereverTheProcessIsKilled) {
  uint64_t steps = 0;
  for (uint64_t step = 1;; ++step) {
    const ScratchDirectory scratch;
    const SharedWitness witness;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      kill_at_step_for_test(step);
      live(scratch.path(), *witness);
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    if (WIFEXITED(status)) {
      steps = step - 1;
      expect_complete(read_log(scratch.path()), *witness);
      EXPECT_EQ(used_of(sealed_quotas(scratch.path())), witness->begun);
      break;
    }
    ASSERT_EQ(WTERMSIG(status), SIGKILL);
    Life next(scratch.path(), busy_config());
    EXPECT_EQ(used_of(next.quotas), witness->begun);
    ASSERT_TRUE(next.sealer->recover(blocking()));
    ASSERT_TRUE(next.close());
    expect_complete(read_log(scratch.path()), *witness);
    EXPECT_EQ(used_of(sealed_quotas(scratch.path())), witness->begun);
    ASSERT_FALSE(HasFailure()) << "killed at step " << step;
    EXPECT_TRUE(next.folder.epochs().empty());
  }
  EXPECT_GT(steps, 50U);
}

TEST(Recovery, NothingIsLostWhereverTheRecoveryItselfIsKilled) {
  for (uint64_t step = 1;; ++step) {
    const ScratchDirectory scratch;
    const SharedWitness witness;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      // After two of the rounds: segments, rings and a committed state are all there.
      kill_at_step_for_test(20);
      live(scratch.path(), *witness);
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    const pid_t second = ::fork();
    ASSERT_GE(second, 0);
    if (second == 0) {
      kill_at_step_for_test(step);
      Life life(scratch.path(), busy_config());
      static_cast<void>(life.sealer->recover(blocking()));
      ::_exit(0);
    }
    ASSERT_EQ(::waitpid(second, &status, 0), second);
    Life next(scratch.path(), busy_config());
    EXPECT_EQ(used_of(next.quotas), witness->begun);
    ASSERT_TRUE(next.sealer->recover(blocking()));
    ASSERT_TRUE(next.close());
    expect_complete(read_log(scratch.path()), *witness);
    ASSERT_FALSE(HasFailure()) << "recovery killed at step " << step;
    if (WIFEXITED(status)) {
      EXPECT_GT(step, 5U);
      break;
    }
  }
}

TEST(Recovery, AnEndCountsForAQuotaOnlyWhereNoBeginDid) {
  const ScratchDirectory scratch;
  {
    Life life(scratch.path());
    ASSERT_TRUE(life.sealer->recover(blocking()));
    Record record = record_of("a", life.clock.wall_now(), "/");
    record.client_id = ObjectId({9});
    record.limit.policy_id = ObjectId({7});
    record.quota = use_of(7);
    life.lanes[0]->append_end(record, 0);
    BeginMark mark{.time = life.clock.wall_now(), .client_id = ObjectId({9}), .quota = use_of(7)};
    life.lanes[1]->append_end(record, life.lanes[1]->append_begin(mark));
    life.lanes[1]->append_begin({.time = life.clock.wall_now()});  // No quota.
  }
  Life next(scratch.path());
  const std::vector<QuotaCount> counts = next.quotas.all();
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].used, 2U);
  EXPECT_EQ(counts[0].key.client, ObjectId({9}));
  EXPECT_EQ(counts[0].key.policy, ObjectId({7}));
  ASSERT_TRUE(next.sealer->recover(blocking()));
  ASSERT_TRUE(next.close());
  EXPECT_EQ(used_of(sealed_quotas(scratch.path())), 2U);
}

// --- Damage ---

// A lane of some frames in a ring, as bytes of its file.
struct SmallJournal {
  static constexpr uint64_t kFrames = 7;
  LaneId lane{.epoch = 5, .shard = 2};
  std::vector<std::byte> ring;
  std::vector<std::byte> segment;
  std::vector<size_t> frame_ends;  // In the ring's contents.

  SmallJournal() {
    ScratchDirectory scratch;
    WakeEvent wake;
    const fs::path path = scratch.path() / "2.ring";
    RingLane writer(*RingFile::create(blocking(), path, lane), lane, wake);
    for (uint64_t i = 0; i < kFrames; ++i) {
      writer.append_end(record_of(id_of(i), WallTime{static_cast<int64_t>(i)}, "/"), 0);
      frame_ends.push_back(writer.pending().bytes.size());
    }
    // As a ring of this size, so that a scan is short.
    ring = read_journal_file(blocking(), path, kRingHeadBytes + 8192);
    const Bytes frames = writer.pending().bytes;
    segment.resize(kSegmentHeadBytes + chunk_bytes(frames.size()));
    write_segment_head(segment.data(), 1);
    write_chunk_head(segment.data() + kSegmentHeadBytes,
                     {lane, 0, static_cast<uint32_t>(frames.size())}, 1, kSegmentHeadBytes);
    std::copy(frames.begin(), frames.end(), segment.begin() + kSegmentHeadBytes + kChunkHeadBytes);
  }
};

// The n of gaps and of records that a batch makes of frames.
struct Found {
  std::vector<uint64_t> records;
  std::vector<uint64_t> missing;
};

template <class Scan>
Found seal_all(LaneId lane, Scan scan) {
  SealBatch batch(kNode, {});
  std::vector<Frame> frames;
  std::deque<std::vector<std::byte>> payloads;
  scan([&](const Frame& frame) {
    frames.push_back(frame);
    frames.back().payload = payloads.emplace_back(frame.payload.begin(), frame.payload.end());
  });
  std::ranges::sort(frames, {}, &Frame::n);
  for (const Frame& frame : frames) {
    batch.take(lane, frame);
  }
  Found found;
  BlockReader reader;
  for (const Block& block : batch.seal(Instant{})) {
    std::string_view lines = reader.lines(as_bytes(block.body), block.body_bytes);
    while (!lines.empty()) {
      const size_t end = lines.find('\n');
      const auto record = text::parse_json(lines.substr(0, end))->as_object();
      if (record.at("kind").as_string() == "gap") {
        const auto& gap = record.at("gap").as_object();
        for (int64_t n = gap.at("first_n").as_int64(); n <= gap.at("last_n").as_int64(); ++n) {
          found.missing.push_back(static_cast<uint64_t>(n));
        }
      } else {
        found.records.push_back(
            static_cast<uint64_t>(record.at("lane").as_object().at("n").as_int64()));
      }
      lines.remove_prefix(end + 1);
    }
  }
  return found;
}

void expect_all_but(const Found& found, uint64_t damaged, size_t at) {
  std::vector<uint64_t> records;
  for (uint64_t n = 1; n <= SmallJournal::kFrames; ++n) {
    if (n != damaged) {
      records.push_back(n);
    }
  }
  ASSERT_EQ(found.records, records) << "byte " << at;
  // The last frame is a torn tail: nobody can know that it was there.
  const bool is_tail = damaged == SmallJournal::kFrames;
  ASSERT_EQ(found.missing,
            damaged == 0 || is_tail ? std::vector<uint64_t>() : std::vector<uint64_t>{damaged})
      << "byte " << at;
}

TEST(Recovery, DamageAtAnyByteOfARingIsAGapForExactlyThatFrame) {
  SmallJournal journal;
  for (size_t at = 0; at < kRingHeadBytes + journal.frame_ends.back() + 64; ++at) {
    journal.ring[at] ^= std::byte(0x41);
    const Found found =
        seal_all(journal.lane, [&](auto take) { scan_ring(journal.ring, journal.lane, take); });
    const auto end = at < kRingHeadBytes
                         ? journal.frame_ends.end()
                         : std::ranges::upper_bound(journal.frame_ends, at - kRingHeadBytes);
    uint64_t damaged = end == journal.frame_ends.end()
                           ? 0
                           : static_cast<uint64_t>(end - journal.frame_ends.begin()) + 1;
    // The bytes that fill a frame up to eight mean nothing.
    if (damaged != 0 && found.records.size() == SmallJournal::kFrames) {
      ASSERT_LE(*end - (at - kRingHeadBytes), 7U);
      damaged = 0;
    }
    expect_all_but(found, damaged, at);
    ASSERT_FALSE(HasFatalFailure());
    journal.ring[at] ^= std::byte(0x41);
    at += at < kRingHeadBytes ? 15 : 0;
  }
}

TEST(Recovery, RingCutAnywhereKeepsWhatIsWhole) {
  const SmallJournal journal;
  for (size_t cut = 0; cut <= journal.frame_ends.back(); ++cut) {
    std::vector<std::byte> ring = journal.ring;
    std::fill(ring.begin() + static_cast<ptrdiff_t>(kRingHeadBytes + cut), ring.end(),
              std::byte(0));
    const Found found =
        seal_all(journal.lane, [&](auto take) { scan_ring(ring, journal.lane, take); });
    const auto whole = static_cast<size_t>(std::ranges::upper_bound(journal.frame_ends, cut) -
                                           journal.frame_ends.begin());
    // A frame's padding may be cut without harm.
    ASSERT_TRUE(found.records.size() == whole || found.records.size() == whole + 1) << cut;
    ASSERT_TRUE(found.missing.empty());
  }
}

TEST(Recovery, DamageAtAnyByteOfASegmentNeverInventsARecord) {
  SmallJournal journal;
  for (size_t at = 0; at < journal.segment.size(); ++at) {
    journal.segment[at] ^= std::byte(0x41);
    const Found found = seal_all(journal.lane, [&](auto take) {
      scan_segment(journal.segment, [&](const ChunkHead& head, Bytes frames) {
        scan_frames(FrameCodec(head.lane), frames, take);
      });
    });
    ASSERT_TRUE(std::ranges::is_sorted(found.records));
    if (at >= kSegmentHeadBytes + kChunkHeadBytes) {
      ASSERT_GE(found.records.size(), SmallJournal::kFrames - 1);
    } else {
      // Heads: all or nothing.
      ASSERT_TRUE(found.records.empty() || found.records.size() == SmallJournal::kFrames);
    }
    journal.segment[at] ^= std::byte(0x41);
  }
}

TEST(Recovery, FramesOfAnotherLaneOrAnEarlierLapAreNone) {
  const SmallJournal journal;
  const LaneId other{.epoch = 6, .shard = 2};
  size_t frames = 0;
  scan_ring(journal.ring, other, [&](const Frame&) { ++frames; });
  EXPECT_EQ(frames, 0U);
  // Moved by eight bytes, every frame says that it belongs elsewhere.
  std::vector<std::byte> moved = journal.ring;
  std::rotate(moved.begin() + kRingHeadBytes, moved.end() - 8, moved.end());
  scan_ring(moved, journal.lane, [&](const Frame&) { ++frames; });
  EXPECT_EQ(frames, 0U);
}

// Of all records: those with one of their own, and those that summaries count.
uint64_t count_with_summaries(const std::vector<std::string>& lines, uint64_t& summaries) {
  uint64_t total = 0;
  for (const std::string& line : lines) {
    const auto record = text::parse_json(line)->as_object();
    const bool is_summary = record.at("kind").as_string() == "summary";
    EXPECT_TRUE(is_summary || record.at("kind").as_string() == "request") << line;
    summaries += is_summary ? 1 : 0;
    total += is_summary
                 ? static_cast<uint64_t>(record.at("summary").as_object().at("records").as_int64())
                 : 1;
  }
  return total;
}

std::vector<std::string> query_all(const fs::path& directory, Query query = {}) {
  std::vector<std::string> lines;
  query.limit = Query::kLimitMax;
  do {
    QueryPage page = *query_directory(blocking(), directory, {}, query);
    lines.insert(lines.end(), page.records.begin(), page.records.end());
    query.cursor = page.next_cursor;
  } while (!query.cursor.empty());
  return lines;
}

TEST(Recovery, WhatWasCondensedIsCountedOnceBeforeAndAfterAKill) {
  const ScratchDirectory scratch;
  ASSERT_TRUE(store::replace_file(blocking(), scratch.path() / "node", std::string(kNode) + "\n")
                  .has_value());
  constexpr uint64_t kRecords = 8000;
  const std::string path(4000, 'p');
  {
    AuditConfig config;
    config.journal_max_bytes = 4 * kSegmentBytes;
    Life life(scratch.path(), config);
    ASSERT_TRUE(life.sealer->recover(blocking()));
    for (uint64_t i = 0; i < kRecords; ++i) {
      RingLane& lane = *life.lanes[i % 2];
      life.clock.advance(std::chrono::milliseconds(1));
      const std::string id = id_of(i);
      Record record = record_of(id, life.clock.wall_now(), path);
      record.error = "route_not_found";
      record.reason = "no_route";
      if (!lane.has_room()) {
        ASSERT_TRUE(life.journal->turn(blocking()));
      }
      lane.append_end(record, 0);
    }
    // The last ones are in their rings alone; the sealer has not looked yet.
  }
  uint64_t summaries = 0;
  EXPECT_EQ(count_with_summaries(query_all(scratch.path()), summaries), kRecords);
  EXPECT_GT(summaries, 0U);
  Query by_kind;
  by_kind.kind = "summary";
  EXPECT_EQ(query_all(scratch.path(), by_kind).size(), summaries);
  Life next(scratch.path());
  ASSERT_TRUE(next.sealer->recover(blocking()));
  ASSERT_TRUE(next.close());
  summaries = 0;
  EXPECT_EQ(count_with_summaries(query_all(scratch.path()), summaries), kRecords);
  EXPECT_GT(summaries, 0U);
  EXPECT_EQ(query_all(scratch.path(), by_kind).size(), summaries);
}

TEST(Recovery, DamagedSegmentBecomesAGapAndTheLogGoesOn) {
  const ScratchDirectory scratch;
  {
    Life life(scratch.path());
    for (uint64_t i = 0; i < 10; ++i) {
      life.lanes[0]->append_end(record_of(id_of(i), life.clock.wall_now(), "/"), 0);
    }
    ASSERT_TRUE(life.journal->turn(blocking()));
    // The process is killed here: neither sealed nor closed.
  }
  const fs::path segment = scratch.path() / "journal/1/1.segment";
  const fs::path ring = scratch.path() / "journal/1/0.ring";
  for (const fs::path& path : {segment, ring}) {
    std::vector<std::byte> bytes = read_journal_file(blocking(), path, 1 << 30);
    bytes[(path == ring ? kRingHeadBytes : kSegmentHeadBytes + kChunkHeadBytes) + 1000] ^=
        std::byte(1);
    const std::string text(as_text(bytes));
    ASSERT_TRUE(store::replace_file(blocking(), path, text).has_value());
  }
  Life next(scratch.path());
  ASSERT_TRUE(next.sealer->recover(blocking()));
  ASSERT_TRUE(next.close());
  const Log log = read_log(scratch.path());
  EXPECT_EQ(log.gaps, 1);
  EXPECT_EQ(log.by_id.size(), 9U);
}

TEST(Recovery, ALongRequestThatWasOpenGetsItsEnd) {
  const ScratchDirectory scratch;
  {
    Life life(scratch.path());
    const uint64_t n = life.lanes[0]->append_begin({.time = life.clock.wall_now()});
    Record open = record_of("long", life.clock.wall_now(), "/");
    open.phase = RecordPhase::kOpen;
    life.lanes[0]->append_open(open, n);
    ASSERT_TRUE(life.journal->turn(blocking()));
    life.sealer->seal(blocking());
  }
  Life next(scratch.path());
  ASSERT_TRUE(next.sealer->recover(blocking()));
  ASSERT_TRUE(next.close());
  SealedScan scan = *SealedScan::open(blocking(), scratch.path() / "audit", Stream::kRequests);
  std::vector<std::string> phases;
  ASSERT_TRUE(scan.walk_up(blocking(), RecordFilter(Query{}, kNode), 0,
                           [&](uint64_t, std::string_view line) {
                             phases.emplace_back(
                                 text::parse_json(line)->as_object().at("phase").as_string());
                             return true;
                           })
                  .has_value());
  EXPECT_EQ(phases, (std::vector<std::string>{"open", "end"}));
}

}  // namespace
}  // namespace zerq::audit
