// SPDX-License-Identifier: Apache-2.0
#include "audit/recovery.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "audit/ring_file.h"
#include "audit/segment_format.h"
#include "text/json_writer.h"

namespace zerq::audit {

std::vector<Frame> read_ring(io::Blocking blocking, const JournalFolder::Ring& ring,
                             uint64_t next_n, std::vector<std::byte>& storage) {
  const std::vector<std::byte> file =
      read_journal_file(blocking, ring.path, kRingHeadBytes + kRingBytes);
  std::vector<Frame> frames;
  std::vector<size_t> offsets;
  storage.clear();
  scan_ring(file, ring.lane, [&](const Frame& frame) {
    if (frame.n >= next_n) {
      frames.push_back(frame);
      offsets.push_back(storage.size());
      storage.insert(storage.end(), frame.payload.begin(), frame.payload.end());
    }
  });
  for (size_t i = 0; i < frames.size(); ++i) {
    frames[i].payload = Bytes(storage.data() + offsets[i], frames[i].payload.size());
  }
  std::ranges::sort(frames, {}, &Frame::n);
  return frames;
}

namespace {

// By their use: that is the order in which they were filled.
std::vector<std::filesystem::path> list_segments_in_order(io::Blocking blocking,
                                                          const JournalFolder& folder,
                                                          uint64_t epoch) {
  std::vector<std::pair<uint64_t, std::filesystem::path>> segments;
  for (const std::filesystem::path& path : folder.list_segments(epoch)) {
    const std::vector<std::byte> head = read_journal_file(blocking, path, kSegmentHeadBytes);
    if (const std::optional<uint64_t> use = read_segment_head(head)) {
      segments.emplace_back(*use, path);
    }
  }
  std::ranges::sort(segments);
  std::vector<std::filesystem::path> paths;
  for (auto& [use, path] : segments) {
    paths.push_back(std::move(path));
  }
  return paths;
}

// Calls `take(lane, frame)` for the frames of a segment of this epoch.
template <class Take>
void read_segment(Bytes file, uint64_t epoch, const Take& take) {
  scan_segment(file, [&](const ChunkHead& head, Bytes frames) {
    if (head.lane.epoch == epoch) {
      scan_frames(FrameCodec(head.lane), frames,
                  [&](const Frame& frame) { take(head.lane, frame); });
    }
  });
}

}  // namespace

QuotaCounts read_quotas(io::Blocking blocking, const JournalFolder& folder, const SealState& sealed,
                        uint64_t epoch) {
  QuotaCounts quotas = sealed.quotas;
  for (const uint64_t old : folder.epochs()) {
    if (old <= sealed.closed_epoch || old >= epoch) {
      continue;
    }
    std::map<LaneId, uint64_t> next;  // A frame may stand in a segment and in its ring.
    const auto next_of = [&](LaneId lane) -> uint64_t& {
      const LaneState* const state = sealed.find_lane(lane);
      return next.try_emplace(lane, state == nullptr ? 1 : state->next_n).first->second;
    };
    const auto take = [&](LaneId lane, const Frame& frame) {
      uint64_t& next_n = next_of(lane);
      if (frame.n < next_n) {
        return;
      }
      next_n = frame.n + 1;
      if (const auto counted = find_quota_use(frame.type, frame.payload)) {
        quotas.add(counted->client, counted->use);
      }
    };
    for (const std::filesystem::path& path : list_segments_in_order(blocking, folder, old)) {
      read_segment(read_journal_file(blocking, path, kSegmentBytes), old, take);
    }
    for (const JournalFolder::Ring& ring : folder.list_rings(old)) {
      std::vector<std::byte> storage;
      for (const Frame& frame : read_ring(blocking, ring, next_of(ring.lane), storage)) {
        take(ring.lane, frame);
      }
    }
  }
  return quotas;
}

bool Recovery::take_segments(io::Blocking blocking, uint64_t epoch, const Commit& commit) {
  for (const std::filesystem::path& path : list_segments_in_order(blocking, folder_, epoch)) {
    const std::vector<std::byte> file = read_journal_file(blocking, path, kSegmentBytes);
    read_segment(file, epoch, [&](LaneId lane, const Frame& frame) { batch_.take(lane, frame); });
    // The frames are views of this file.
    if (batch_.is_touched() && !commit()) {
      return false;
    }
  }
  return true;
}

void Recovery::take_rings(io::Blocking blocking, uint64_t epoch) {
  for (const JournalFolder::Ring& ring : folder_.list_rings(epoch)) {
    const uint64_t next_n = batch_.state().lane(ring.lane).next_n;
    std::vector<std::byte>& storage = rings_.emplace_back();
    for (const Frame& frame : read_ring(blocking, ring, next_n, storage)) {
      batch_.take(ring.lane, frame);
    }
  }
}

void Recovery::add_event(uint64_t epoch, const SealBatch::Totals& before) {
  const SealBatch::Totals& after = batch_.totals();
  std::string detail;
  text::JsonWriter json(detail);
  json.begin_object();
  json.member("epoch", epoch);
  json.member("crashed", after.crashed - before.crashed);
  json.member("gaps", after.gaps - before.gaps);
  json.end_object();
  AdminRecord record;
  record.time = clock_.wall_now();
  record.event = "recovery";
  record.detail_json = detail;
  batch_.add_event({.epoch = epoch, .shard = LaneId::kAdminShard}, record);
}

bool Recovery::recover_epoch(io::Blocking blocking, uint64_t epoch, const Commit& commit) {
  const SealBatch::Totals before = batch_.totals();
  if (!take_segments(blocking, epoch, commit)) {
    return false;
  }
  take_rings(blocking, epoch);
  std::vector<LaneId> lanes;
  for (const LaneState& lane : batch_.state().lanes) {
    if (lane.id.epoch == epoch) {
      lanes.push_back(lane.id);
    }
  }
  const WallTime now = clock_.wall_now();
  for (const LaneId lane : lanes) {
    if (!lane.is_admin()) {
      batch_.close_lane(lane, 0, now);
    }
  }
  add_event(epoch, before);
  batch_.close_lane({.epoch = epoch, .shard = LaneId::kAdminShard}, 0, now);
  batch_.state().closed_epoch = epoch;
  const bool is_done = commit();
  rings_.clear();
  return is_done;
}

bool Recovery::run(io::Blocking blocking, uint64_t epoch, const Commit& commit) {
  for (const uint64_t old : folder_.epochs()) {
    if (old >= epoch) {
      continue;
    }
    if (old > batch_.state().closed_epoch && !recover_epoch(blocking, old, commit)) {
      return false;
    }
    folder_.remove(blocking, old);
  }
  return true;
}

}  // namespace zerq::audit
