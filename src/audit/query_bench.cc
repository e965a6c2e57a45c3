// SPDX-License-Identifier: Apache-2.0
// Queries over a million records: by request id (skip index and Bloom filters), and scans that have
// to look into every line.
#include <benchmark/benchmark.h>

#include "audit/audit_files.h"
#include "audit/query_run.h"
#include "audit/record_codec.h"
#include "audit/scratch_directory_for_test.h"
#include "audit/seal_batch.h"
#include "base/check.h"

namespace zerq::audit {
namespace {

constexpr const char* kNode = "018f4e66-0000-7000-8000-000000000001";
constexpr int kRecords = 1'000'000;

io::Blocking blocking() { return io::BlockingThread::on_main_thread(); }

// One log for all benchmarks of the program; the directory goes with it.
const std::filesystem::path& million_records() {
  static const ScratchDirectory scratch;
  static const std::filesystem::path folder = [] {
    const std::filesystem::path path = scratch.path() / "audit";
    CHECK(make_private_folder(path).has_value());
    const auto files = *AuditFiles::open(blocking(), path, {});
    SealBatch batch(kNode, {});
    std::vector<std::vector<std::byte>> payloads(10'000);
    for (int i = 0; i < kRecords; ++i) {
      const std::string id = "018f4e66-1234-7abc-8def-" + std::to_string(100'000'000'000 + i);
      const std::string path_of_call = "/shop/items/" + std::to_string(i % 977);
      Record record;
      record.time = WallTime{1'700'000'000'000'000 + i * 100};
      record.request_id = id;
      record.client_ip = record.peer_ip = IpAddress::v4(0x0A000000 + static_cast<uint32_t>(i % 64));
      record.protocol = "HTTP/1.1";
      record.method = "GET";
      record.host = "shop.example";
      record.path = path_of_call;
      record.client_id = *ObjectId::parse("2123456789abcdef01234567");
      record.status = i % 100 == 0 ? 404 : 200;
      record.upstream = {.address = "127.0.0.1:9000", .status = 200, .attempts = 1};
      record.timings_us[9] = static_cast<uint32_t>(100 + i % 50);
      const size_t at = static_cast<size_t>(i) % payloads.size();
      payloads[at].resize(encoded_bytes(record));
      encode_record(record, 0, payloads[at].data());
      const auto n = static_cast<uint64_t>(i) + 1;
      batch.take({.epoch = 1, .shard = 0},
                 {.n = n, .type = FrameType::kEnd, .position = n * 8, .payload = payloads[at]});
      if (at + 1 == payloads.size()) {
        const std::vector<Block> blocks = batch.seal(Instant{i});
        CHECK(files->commit(blocking(), blocks, batch.state(), record.time).has_value());
      }
    }
    files->close(blocking());
    return path;
  }();
  return folder;
}

void run(benchmark::State& state, const Query& query) {
  const std::filesystem::path& folder = million_records();
  size_t found = 0;
  for (auto _ : state) {
    found =
        run_query(blocking(), {.audit_folder = folder, .journal = nullptr, .node = kNode}, query)
            ->records.size();
  }
  state.counters["found"] = static_cast<double>(found);
}

void BM_ByRequestId(benchmark::State& state) {
  run(state, {.request_id = "018f4e66-1234-7abc-8def-100000012345"});
}
BENCHMARK(BM_ByRequestId)->Unit(benchmark::kMillisecond);

void BM_ScanForPath(benchmark::State& state) { run(state, {.path_prefix = "/nowhere"}); }
BENCHMARK(BM_ScanForPath)->Unit(benchmark::kMillisecond);

void BM_ScanForAddress(benchmark::State& state) {
  run(state, {.ip = CidrBlock::parse("10.9.0.0/16")});
}
BENCHMARK(BM_ScanForAddress)->Unit(benchmark::kMillisecond);

void BM_ScanForText(benchmark::State& state) { run(state, {.text = "no such text"}); }
BENCHMARK(BM_ScanForText)->Unit(benchmark::kMillisecond);

void BM_NewestFifty(benchmark::State& state) { run(state, {}); }
BENCHMARK(BM_NewestFifty)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace zerq::audit

BENCHMARK_MAIN();
