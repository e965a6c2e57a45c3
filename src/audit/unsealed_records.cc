// SPDX-License-Identifier: Apache-2.0
#include "audit/unsealed_records.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

#include "audit/record_codec.h"
#include "audit/record_json.h"
#include "audit/recovery.h"
#include "audit/refusal_summary.h"
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
    if (frame.type == FrameType::kCondensed) {
      take_run(lane, frame);
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
    // What was condensed lately still stands in its ring, record for record.
    std::erase_if(found_,
                  [this](const UnsealedRecord& record) { return is_condensed(record.key); });
    for (const auto& [second, summary] : summaries_.by_second()) {
      const std::string_view line = json_.write(std::nullopt, summary);
      if (filter_.matches(line)) {
        const RefusalSummary::LaneShare& share = summary.lanes.front();
        found_.push_back(
            {.key = {.time_us = summary.time.us, .lane = share.lane, .n = share.first_n},
             .line = std::string(line)});
      }
    }
    std::ranges::sort(found_, std::ranges::greater(), &UnsealedRecord::key);
    // What was drained lately stands in its segment and still in its ring.
    const auto again = std::ranges::unique(found_, {}, &UnsealedRecord::key);
    found_.erase(again.begin(), again.end());
    return std::move(found_);
  }

 private:
  struct Range {
    LaneId lane;
    uint64_t first_n = 0;
    uint64_t last_n = 0;

    friend auto operator<=>(const Range&, const Range&) = default;
  };

  void take_run(LaneId lane, const Frame& frame) {
    const std::optional<CondensedRun> run = decode_run(frame.payload);
    // A chunk may stand in two files, if the first one failed.
    if (run.has_value() &&
        condensed_.insert({.lane = lane, .first_n = run->first_n, .last_n = frame.n}).second) {
      summaries_.add(lane, frame.n, *run);
    }
  }

  bool is_condensed(const UnsealedKey& key) const {
    const auto after =
        condensed_.upper_bound({.lane = key.lane, .first_n = key.n, .last_n = UINT64_MAX});
    return after != condensed_.begin() && std::prev(after)->lane == key.lane &&
           std::prev(after)->last_n >= key.n;
  }

  const SealState& sealed_;
  RecordJson json_;
  Stream stream_;
  const RecordFilter& filter_;
  std::vector<UnsealedRecord> found_;
  RefusalSummaries summaries_;
  std::set<Range> condensed_;
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
