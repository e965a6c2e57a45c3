// SPDX-License-Identifier: Apache-2.0
// Arbitrary bytes as everything that is read back from a disk: ring, segment, payloads, state,
// line.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "audit/frame_codec.h"
#include "audit/record_codec.h"
#include "audit/record_json.h"
#include "audit/record_line.h"
#include "audit/ring_file.h"
#include "audit/seal_state.h"
#include "audit/segment_format.h"
#include "base/check.h"

namespace zerq::audit {
namespace {

constexpr LaneId kLane{.epoch = 7, .shard = 3};

void check_line(std::string_view line) {
  CHECK(line.find('\n') == std::string_view::npos);
  CHECK(RecordLine::parse(line).has_value());
  const auto origin = origin_of(line);
  CHECK(origin.has_value() && origin->lane == kLane && origin->n == 9);
}

// What a frame says of a quota is what its record or begin says of it.
void read_quota_use(Bytes payload) {
  QuotaCounts counts;
  for (const FrameType type : {FrameType::kBegin, FrameType::kEnd, FrameType::kOpen}) {
    if (const auto counted = find_quota_use(type, payload)) {
      CHECK(type == FrameType::kBegin ? decode_begin(payload)->quota.per == counted->use.per
                                      : decode_record(payload)->record.quota.is_set());
      counts.add(counted->client, counted->use);
    }
  }
  for (const QuotaCount& count : counts.all()) {
    CHECK(QuotaKey::decode(count.key.encode()) == count.key && count.used != 0);
  }
}

void read_payload(Bytes payload) {
  RecordJson json("node");
  if (const auto record = decode_record(payload)) {
    std::string again(encoded_bytes(record->record), '\0');
    encode_record(record->record, record->begin_n, reinterpret_cast<std::byte*>(again.data()));
    CHECK(decode_record(as_bytes(again)).has_value());
    check_line(json.write(1, record->record, kLane, 9));
  }
  if (const auto mark = decode_begin(payload)) {
    const std::string id = request_id_of(*mark);
    check_line(json.write(std::nullopt, crashed_record(*mark, true, id), kLane, 9));
  }
  if (auto admin = decode_admin(payload)) {
    // Its author guarantees that this is JSON.
    admin->detail_json = {};
    check_line(json.write(1, *admin, kLane, 9));
  }
  if (const auto run = decode_run(payload)) {
    std::string again(encoded_bytes(*run), '\0');
    encode_run(*run, reinterpret_cast<std::byte*>(again.data()));
    CHECK(as_bytes(again).size() == payload.size());
    RefusalSummary summary;
    summary.add(kLane, 9, *run);
    CHECK(RecordLine::parse(json.write(1, summary)).has_value());
  }
}

}  // namespace
}  // namespace zerq::audit

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using zerq::Bytes;
  const Bytes input(reinterpret_cast<const std::byte*>(bytes), size);
  const zerq::audit::LaneId lane{.epoch = 7, .shard = 3};
  zerq::audit::scan_ring(input, lane, [](const zerq::audit::Frame&) {});
  zerq::audit::scan_segment(input, [](const zerq::audit::ChunkHead&, Bytes) {});
  zerq::audit::read_payload(input);
  zerq::audit::read_quota_use(input);
  // A checksum that is right, so that what is behind it is reached.
  if (size <= zerq::audit::kFramePayloadMax) {
    const size_t whole = zerq::audit::frame_bytes(size);
    const auto frame = std::make_unique<std::byte[]>(whole);
    std::copy(input.begin(), input.end(), frame.get() + zerq::audit::kFrameHeadBytes);
    const zerq::audit::FrameCodec codec(lane);
    codec.write_head(frame.get(), size, 9, zerq::audit::FrameType::kEnd, 4096);
    CHECK(codec.read(Bytes(frame.get(), whole)).has_value());
  }
  static_cast<void>(zerq::audit::SealState::decode(input));
  static_cast<void>(zerq::audit::RecordLine::parse(zerq::as_text(input)));
  static_cast<void>(zerq::audit::origin_of(zerq::as_text(input)));
  return 0;
}
