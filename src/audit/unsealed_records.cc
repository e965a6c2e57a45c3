// SPDX-License-Identifier: Apache-2.0
#include "audit/unsealed_records.h"

#include <algorithm>
#include <optional>

#include "audit/record_codec.h"
#include "audit/record_json.h"
#include "audit/recovery.h"
#include "audit/segment_format.h"

namespace zerq::audit {
namespace {

class Collector {
 public:
  Collector(const SealState& sealed, const std::string& node, Stream stream,
            const RecordFilter& filter)
      : sealed_(sealed), json_(node), stream_(stream), filter_(filter) {}

  uint64_t next_n(LaneId lane) const {
    if (lane.epoch <= sealed_.closed_epoch) {
      return UINT64_MAX;
    }
    const LaneState* state = sealed_.find_lane(lane);
    return state == nullptr ? 1 : state->next_n;
  }

  void take(LaneId lane, const Frame& frame) {
    const Stream stream = lane.is_admin() ? Stream::kAdmin : Stream::kRequests;
    if (stream != stream_ || frame.type == FrameType::kBegin || frame.n < next_n(lane)) {
      return;
    }
    const UnsealedKey key{
        .time_us = peek_keys(frame.type, frame.payload).time_us, .lane = lane, .n = frame.n};
    std::string_view line;
    if (frame.type == FrameType::kAdmin) {
      if (const auto decoded = decode_admin(frame.payload)) {
        line = json_.write(std::nullopt, *decoded, lane, frame.n);
      }
    } else if (const auto decoded = decode_record(frame.payload)) {
      line = json_.write(std::nullopt, decoded->record, lane, frame.n);
    }
    if (!line.empty() && filter_.matches(line)) {
      found_.push_back({.key = key, .line = std::string(line)});
    }
  }

  std::vector<UnsealedRecord> finish() {
    std::ranges::sort(found_, std::ranges::greater(), &UnsealedRecord::key);
    // What was drained lately stands in its segment and still in its ring.
    const auto again = std::ranges::unique(found_, {}, &UnsealedRecord::key);
    found_.erase(again.begin(), again.end());
    return std::move(found_);
  }

 private:
  const SealState& sealed_;
  RecordJson json_;
  Stream stream_;
  const RecordFilter& filter_;
  std::vector<UnsealedRecord> found_;
};

}  // namespace

std::vector<UnsealedRecord> read_unsealed(io::Blocking blocking, const JournalFolder& journal,
                                          const SealState& sealed, const std::string& node,
                                          Stream stream, const RecordFilter& filter) {
  Collector collector(sealed, node, stream, filter);
  for (const uint64_t epoch : journal.epochs()) {
    if (epoch <= sealed.closed_epoch) {
      continue;
    }
    // Rings first: what leaves them while we read is in a segment by then.
    for (const JournalFolder::Ring& ring : journal.list_rings(epoch)) {
      std::vector<std::byte> storage;
      for (const Frame& frame : read_ring(blocking, ring, collector.next_n(ring.lane), storage)) {
        collector.take(ring.lane, frame);
      }
    }
    for (const std::filesystem::path& path : journal.list_segments(epoch)) {
      const std::vector<std::byte> file = read_journal_file(blocking, path, kSegmentBytes);
      scan_segment(file, [&](const ChunkHead& head, Bytes frames) {
        if (head.lane.epoch == epoch) {
          scan_frames(FrameCodec(head.lane), frames,
                      [&](const Frame& frame) { collector.take(head.lane, frame); });
        }
      });
    }
  }
  return collector.finish();
}

bool is_sealed(const SealState& state, const UnsealedKey& key) {
  if (key.lane.epoch <= state.closed_epoch) {
    return true;
  }
  const LaneState* lane = state.find_lane(key.lane);
  return lane != nullptr && key.n < lane->next_n;
}

}  // namespace zerq::audit
