// SPDX-License-Identifier: Apache-2.0
#include "audit/seal_batch.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "audit/record_codec.h"
#include "base/check.h"

namespace zerq::audit {
namespace {

size_t index_of(Stream stream) { return static_cast<size_t>(stream); }

Stream stream_of(LaneId lane) { return lane.is_admin() ? Stream::kAdmin : Stream::kRequests; }

void add_ids(BlockBuilder& builder, const Record& record) {
  builder.add_request_id(record.request_id);
  builder.add_id(BloomKey::kClient, record.client_id);
  builder.add_id(BloomKey::kProfile, record.profile_id);
  builder.add_id(BloomKey::kCollection, record.collection_id);
  builder.add_id(BloomKey::kProxy, record.proxy_id);
}

}  // namespace

SealBatch::SealBatch(std::string node, SealState state)
    : state_(std::move(state)), json_(std::move(node)) {}

LaneState& SealBatch::lane_state(LaneId lane) {
  // Frames come in long runs of one lane.
  if (last_lane_ >= state_.lanes.size() || state_.lanes[last_lane_].id != lane) {
    last_lane_ = static_cast<size_t>(&state_.lane(lane) - state_.lanes.data());
  }
  return state_.lanes[last_lane_];
}

void SealBatch::add_gap(LaneId lane, uint64_t first_n, uint64_t last_n, int64_t time_us) {
  ++totals_.gaps;
  entries_.push_back({.time_us = time_us,
                      .lane = lane,
                      .n = first_n,
                      .kind = EntryKind::kGap,
                      .payload = {},
                      .last_n = last_n});
}

Bytes SealBatch::keep(Bytes bytes) {
  kept_.emplace_back(bytes.begin(), bytes.end());
  return kept_.back();
}

void SealBatch::take(LaneId lane, const Frame& frame) {
  LaneState& state = lane_state(lane);
  if (frame.n < state.next_n) {
    return;
  }
  if (frame.type == FrameType::kCondensed) {
    take_run(state, lane, frame);
    return;
  }
  const FrameKeys keys = peek_keys(frame.type, frame.payload);
  if (frame.n > state.next_n) {
    add_gap(lane, state.next_n, frame.n - 1, keys.time_us);
  }
  is_touched_ = true;
  state.next_n = frame.n + 1;
  state.position = frame.position + frame_bytes(frame.payload.size());
  if (const std::optional<CountedUse> counted = find_quota_use(frame.type, frame.payload)) {
    state_.quotas.add(counted->client, counted->use);
  }
  Entry entry{.time_us = keys.time_us, .lane = lane, .n = frame.n, .payload = frame.payload};
  switch (frame.type) {
    case FrameType::kBegin: {
      if (decode_begin(frame.payload).has_value()) {
        OpenBegin& open = state.opens.emplace_back();
        open.n = frame.n;
        std::memcpy(open.mark.data(), frame.payload.data(), kBeginBytes);
      }
      return;
    }
    case FrameType::kEnd:
      if (OpenBegin* open = state.find_open(keys.begin_n)) {
        open->is_closed = true;
      }
      break;
    case FrameType::kOpen:
      if (OpenBegin* open = state.find_open(keys.begin_n)) {
        open->has_open_record = true;
      }
      break;
    case FrameType::kAdmin: entry.kind = EntryKind::kAdmin; break;
    case FrameType::kCondensed: break;  // Was taken above.
  }
  entries_.push_back(entry);
}

void SealBatch::take_run(LaneState& state, LaneId lane, const Frame& frame) {
  const std::optional<CondensedRun> run = decode_run(frame.payload);
  // What does not decode was written so: its n will be missed.
  if (!run.has_value()) {
    return;
  }
  if (run->first_n > state.next_n) {
    add_gap(lane, state.next_n, run->first_n - 1, run->time.us);
  }
  is_touched_ = true;
  state.next_n = frame.n + 1;
  state.position = frame.position + frame_bytes(frame.payload.size());
  summaries_.add(lane, frame.n, *run);
}

void SealBatch::add_summaries() {
  for (const auto& [second, summary] : summaries_.by_second()) {
    const RefusalSummary::LaneShare& share = summary.lanes.front();
    entries_.push_back({.time_us = summary.time.us,
                        .lane = share.lane,
                        .n = share.first_n,
                        .kind = EntryKind::kSummary,
                        .payload = {},
                        .summary = &summary});
  }
}

void SealBatch::close_lane(LaneId lane, uint64_t next_n, WallTime now) {
  LaneState& state = lane_state(lane);
  is_touched_ = true;
  if (state.next_n < next_n) {
    add_gap(lane, state.next_n, next_n - 1, now.us);
  }
  for (const OpenBegin& open : state.opens) {
    if (open.is_closed) {
      continue;
    }
    ++totals_.crashed;
    entries_.push_back({.time_us = peek_keys(FrameType::kBegin, open.mark).time_us,
                        .lane = lane,
                        .n = open.n,
                        .kind = EntryKind::kCrashed,
                        .has_open_record = open.has_open_record,
                        .payload = keep(open.mark)});
  }
  std::erase_if(state_.lanes, [&](const LaneState& other) { return other.id == lane; });
}

void SealBatch::add_event(LaneId lane, const AdminRecord& record) {
  std::vector<std::byte>& bytes = kept_.emplace_back(encoded_bytes(record));
  encode_admin(record, bytes.data());
  LaneState& state = lane_state(lane);
  is_touched_ = true;
  entries_.push_back({.time_us = record.time.us,
                      .lane = lane,
                      .n = state.next_n++,
                      .kind = EntryKind::kAdmin,
                      .payload = bytes});
}

crypto::Digest256 SealBatch::next_hash(const crypto::Digest256& before, uint64_t seq,
                                       std::string_view line) {
  const crypto::Digest256 of_line = sha_.digest(as_bytes(line));
  std::array<std::byte, 2 * crypto::kSha256Bytes + sizeof seq> link;
  std::memcpy(link.data(), before.data(), before.size());
  std::memcpy(link.data() + before.size(), &seq, sizeof seq);
  std::memcpy(link.data() + before.size() + sizeof seq, of_line.data(), of_line.size());
  return sha_.digest(link);
}

BlockBuilder& SealBatch::builder_for(Stream stream, Instant now, std::vector<Block>& blocks) {
  BlockBuilder& builder = builders_[index_of(stream)];
  if (builder.is_full() && builder.is_dirty()) {
    blocks.push_back(builder.build());
  }
  if (builder.is_full() || !builder.is_started()) {
    const StreamState& state = state_.streams[index_of(stream)];
    builder.start_new(state.next_seq, state.chain, now);
  }
  return builder;
}

std::string_view SealBatch::write_line(const Entry& entry, uint64_t seq, RecordKeys& keys,
                                       BlockBuilder& builder) {
  switch (entry.kind) {
    case EntryKind::kRecord: {
      // The frame's check was right, so a payload that does not decode was written so.
      const std::optional<DecodedRecord> decoded = decode_record(entry.payload);
      if (!decoded.has_value()) {
        break;
      }
      keys.status = decoded->record.status;
      keys.error = decoded->record.error;
      add_ids(builder, decoded->record);
      return json_.write(seq, decoded->record, entry.lane, entry.n);
    }
    case EntryKind::kAdmin: {
      const std::optional<AdminRecord> decoded = decode_admin(entry.payload);
      if (!decoded.has_value()) {
        break;
      }
      keys.status = decoded->status;
      keys.error = decoded->error;
      builder.add_request_id(decoded->request_id);
      return json_.write(seq, *decoded, entry.lane, entry.n);
    }
    case EntryKind::kCrashed: {
      const std::optional<BeginMark> mark = decode_begin(entry.payload);
      CHECK(mark.has_value());
      const std::string request_id = request_id_of(*mark);
      keys.error = kCrashedError;
      add_ids(builder, crashed_record(*mark, entry.has_open_record, request_id));
      return json_.write(seq, crashed_record(*mark, entry.has_open_record, request_id), entry.lane,
                         entry.n);
    }
    case EntryKind::kSummary: return json_.write(seq, *entry.summary);
    case EntryKind::kGap: break;
  }
  return json_.write(seq, GapNote{.lane = entry.lane,
                                  .first_n = entry.n,
                                  .last_n = std::max(entry.n, entry.last_n),
                                  .time = WallTime{entry.time_us}});
}

void SealBatch::seal_entry(const Entry& entry, Instant now, std::vector<Block>& blocks) {
  const Stream stream = stream_of(entry.lane);
  BlockBuilder& builder = builder_for(stream, now, blocks);
  StreamState& state = state_.streams[index_of(stream)];
  RecordKeys keys{.time = WallTime{entry.time_us}};
  const std::string_view line = write_line(entry, state.next_seq, keys, builder);
  state.chain = next_hash(state.chain, state.next_seq, line);
  builder.add(line, keys, state.chain);
  ++state.next_seq;
  ++totals_.records;
}

std::vector<Block> SealBatch::seal(Instant now) {
  std::vector<Block> blocks;
  for (BlockBuilder& builder : builders_) {
    if (must_start_new_ || builder.is_old(now)) {
      builder.stop();
    }
  }
  must_start_new_ = false;
  add_summaries();
  std::ranges::sort(entries_, {}, [](const Entry& entry) {
    return std::tuple(entry.time_us, entry.lane, entry.n, entry.kind);
  });
  for (const Entry& entry : entries_) {
    seal_entry(entry, now, blocks);
  }
  for (BlockBuilder& builder : builders_) {
    if (builder.is_dirty()) {
      blocks.push_back(builder.build());
    }
  }
  entries_.clear();
  summaries_.clear();
  kept_.clear();
  is_touched_ = false;
  for (LaneState& lane : state_.lanes) {
    lane.compact();
  }
  return blocks;
}

}  // namespace zerq::audit
