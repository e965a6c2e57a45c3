// SPDX-License-Identifier: Apache-2.0
// What a record costs: on the shard (encode and append), in the sealer by its parts, and all
// threads together from the append to the committed block. CPU time of the process is the figure.
#include <benchmark/benchmark.h>

#include "audit/audit_files.h"
#include "audit/journal.h"
#include "audit/record_codec.h"
#include "audit/ring_file.h"
#include "audit/scratch_directory_for_test.h"
#include "audit/seal_batch.h"
#include "audit/sealer.h"
#include "crypto/random.h"
#include "text/uuid.h"

namespace zerq::audit {
namespace {

constexpr const char* kNode = "018f4e66-0000-7000-8000-000000000001";

io::Blocking blocking() { return io::BlockingThread::on_main_thread(); }

// Records as a busy gateway writes them: few clients and routes, an id and timings of their own.
class Traffic {
 public:
  const Record& next() {
    now_.us += 17;
    id_ = text::Uuid::v7(static_cast<uint64_t>(now_.us) / 1000, random_.next_u64(),
                         random_.next_u64())
              .to_text();
    const uint64_t noise = random_.next_u64();
    record_.time = now_;
    record_.request_id = id_;
    record_.config_revision = 12;
    record_.client_ip = record_.peer_ip = IpAddress::v4(0x0A000000 + noise % 64);
    record_.protocol = "HTTP/1.1";
    record_.method = "GET";
    record_.host = "shop.example";
    record_.path = "/shop/items/17";
    record_.collection_id = *ObjectId::parse("0123456789abcdef01234567");
    record_.proxy_id = *ObjectId::parse("1123456789abcdef01234567");
    record_.client_id = *ObjectId::parse("2123456789abcdef01234567");
    record_.profile_id = *ObjectId::parse("3123456789abcdef01234567");
    record_.auth = {.type = "jwt", .subject = "user-17", .key_id = "k1", .result = "ok"};
    record_.scopes = {.required = "read", .granted = "read write", .was_checked = true};
    record_.limit = {.policy_id = *ObjectId::parse("4123456789abcdef01234567"),
                     .used = noise % 100,
                     .limit = 100,
                     .was_checked = true};
    record_.upstream = {
        .address = "127.0.0.1:9000", .status = 200, .attempts = 1, .was_reused = true};
    record_.status = 200;
    record_.bytes_in = 212;
    record_.bytes_out = 340;
    const auto us = [&](int shift) { return static_cast<uint32_t>(noise >> shift & 31); };
    record_.timings_us = Record::all_absent();
    record_.timings_us[1] = 2 + us(8) / 8;
    record_.timings_us[2] = 1;
    record_.timings_us[3] = 2 + us(16) / 16;
    record_.timings_us[4] = 1;
    record_.timings_us[7] = 80 + us(24);
    record_.timings_us[9] = 100 + us(24);
    return record_;
  }
  WallTime now() const { return now_; }

 private:
  Record record_;
  std::string id_;
  WallTime now_{1'700'000'000'000'000};
  crypto::RandomSource random_;
};

void BM_AppendOnShard(benchmark::State& state) {
  const ScratchDirectory scratch;
  const LaneId id{.epoch = 1, .shard = 0};
  WakeEvent wake;
  RingLane lane(*RingFile::create(blocking(), scratch.path() / "0.ring", id), id, wake);
  Traffic traffic;
  const Record record = traffic.next();
  for (auto _ : state) {
    const uint64_t n = lane.append_begin({.time = record.time, .client_id = record.client_id});
    lane.append_end(record, n);
    if (!lane.has_room()) {
      const RingLane::Pending pending = lane.pending();
      lane.release(pending.position + pending.bytes.size());
    }
  }
}
BENCHMARK(BM_AppendOnShard);

void BM_JsonLine(benchmark::State& state) {
  Traffic traffic;
  const Record record = traffic.next();
  RecordJson json(kNode);
  uint64_t seq = 0;
  size_t bytes = 0;
  for (auto _ : state) {
    ++seq;
    bytes = json.write(seq, record, {.epoch = 1, .shard = 0}, seq).size();
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(BM_JsonLine);

// Frames in, blocks out: no file is touched.
void BM_SealBatch(benchmark::State& state) {
  constexpr uint64_t kRecords = 10'000;
  const LaneId lane{.epoch = 1, .shard = 0};
  Traffic traffic;
  std::vector<std::vector<std::byte>> payloads;
  for (uint64_t i = 0; i < kRecords; ++i) {
    const Record& record = traffic.next();
    payloads.emplace_back(encoded_bytes(record));
    encode_record(record, 0, payloads.back().data());
  }
  SealBatch batch(kNode, {});
  uint64_t n = 0;
  size_t compressed = 0;
  for (auto _ : state) {
    for (const std::vector<std::byte>& payload : payloads) {
      batch.take(lane, {.n = ++n, .type = FrameType::kEnd, .position = n * 8, .payload = payload});
    }
    compressed = 0;
    for (const Block& block : batch.seal(Instant{static_cast<int64_t>(n)})) {
      compressed += block.body.size();
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kRecords));
  state.counters["bytes_a_record"] = static_cast<double>(compressed) / kRecords;
}
BENCHMARK(BM_SealBatch)->Unit(benchmark::kMillisecond);

// From the append to the committed block, all of it on one thread.
void BM_AppendToCommit(benchmark::State& state) {
  const ScratchDirectory scratch;
  const SystemClock clock;
  const JournalFolder folder(scratch.path(), {}, kNode);
  const LaneId id{.epoch = 1, .shard = 0};
  CHECK(folder.make(blocking(), 1).has_value());
  CHECK(make_private_folder(scratch.path() / "audit").has_value());
  WakeEvent wake, sealer_wake;
  Journal::Lanes lanes;
  lanes.push_back(
      std::make_unique<RingLane>(*RingFile::create(blocking(), folder.ring(id), id), id, wake));
  SegmentQueue queue(folder.segments(1), 1 << 30);
  Journal journal(lanes, queue, AtCap::kContinue, wake, sealer_wake, clock);
  Sealer sealer({.config = {},
                 .node = kNode,
                 .epoch = 1,
                 .folder = folder,
                 .queue = queue,
                 .wake = sealer_wake,
                 .clock = clock},
                *AuditFiles::open(blocking(), scratch.path() / "audit", {}));
  Traffic traffic;
  constexpr int64_t kRecords = 10'000;
  for (auto _ : state) {
    for (int64_t i = 0; i < kRecords; ++i) {
      const uint64_t n = lanes[0]->append_begin({.time = traffic.now()});
      lanes[0]->append_end(traffic.next(), n);
      if (!lanes[0]->has_room()) {
        journal.turn(blocking());
      }
    }
    journal.turn(blocking());
    while (sealer.seal(blocking())) {
    }
  }
  state.SetItemsProcessed(state.iterations() * kRecords);
  const auto files = list_audit_files(scratch.path() / "audit");
  double bytes = 0;
  for (const auto& file : files) {
    bytes += static_cast<double>(std::filesystem::file_size(file));
  }
  state.counters["disk_bytes_a_record"] =
      bytes / static_cast<double>(state.iterations() * kRecords);
}
BENCHMARK(BM_AppendToCommit)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();

// The share of the benchmark itself in the one above.
void BM_TrafficAlone(benchmark::State& state) {
  Traffic traffic;
  for (auto _ : state) {
    benchmark::DoNotOptimize(traffic.next());
  }
}
BENCHMARK(BM_TrafficAlone);

}  // namespace
}  // namespace zerq::audit

BENCHMARK_MAIN();
