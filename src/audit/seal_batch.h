// SPDX-License-Identifier: Apache-2.0
// SealBatch: turns frames into what a commit holds. Frames of all lanes come in; out come records
// in the order (time, epoch, shard, n), each with its seq and its hash in the chain, packed into
// blocks. Holes in a lane's n become gap records here, begins and ends meet here, condensed runs of
// one second become a summary. Rung: the sealer.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "audit/block.h"
#include "audit/frame_codec.h"
#include "audit/record_json.h"
#include "audit/refusal_summary.h"
#include "audit/seal_state.h"
#include "base/clock.h"
#include "crypto/digest.h"

namespace zerq::audit {

class SealBatch {
 public:
  SealBatch(std::string node, SealState state);

  SealState& state() { return state_; }
  bool is_empty() const { return entries_.empty(); }
  // Frames came, even if no record did.
  bool is_touched() const { return is_touched_; }

  // Bytes that frames point into stay where they are until seal(). A frame that was taken before is
  // passed over.
  void take(LaneId lane, const Frame& frame);
  // The lane has no more to give: its next frame would have been `next_n`. Begins that are open
  // have no end, and the lane is forgotten.
  void close_lane(LaneId lane, uint64_t next_n, WallTime now);
  // A record of the node itself, as if it were the lane's next frame.
  void add_event(LaneId lane, const AdminRecord& record);

  // Both streams begin a new block with their next record.
  void start_new_blocks() { must_start_new_ = true; }
  // Numbers, chains and packs what was taken.
  std::vector<Block> seal(Instant now);

  struct Totals {
    uint64_t records = 0;
    uint64_t crashed = 0;
    uint64_t gaps = 0;
  };
  const Totals& totals() const { return totals_; }

 private:
  enum class EntryKind : uint8_t { kRecord, kAdmin, kGap, kCrashed, kSummary };
  struct Entry {
    int64_t time_us = 0;
    LaneId lane;
    uint64_t n = 0;
    EntryKind kind = EntryKind::kRecord;
    bool has_open_record = false;
    Bytes payload;
    uint64_t last_n = 0;  // Of a gap.
    const RefusalSummary* summary = nullptr;
  };

  LaneState& lane_state(LaneId lane);
  void take_run(LaneState& state, LaneId lane, const Frame& frame);
  void add_summaries();
  void add_gap(LaneId lane, uint64_t first_n, uint64_t last_n, int64_t time_us);
  Bytes keep(Bytes bytes);
  void seal_entry(const Entry& entry, Instant now, std::vector<Block>& blocks);
  BlockBuilder& builder_for(Stream stream, Instant now, std::vector<Block>& blocks);
  std::string_view write_line(const Entry& entry, uint64_t seq, RecordKeys& keys,
                              BlockBuilder& builder);
  crypto::Digest256 next_hash(const crypto::Digest256& before, uint64_t seq, std::string_view line);

  SealState state_;
  RecordJson json_;
  crypto::Sha256 sha_;
  std::array<BlockBuilder, 2> builders_{BlockBuilder(Stream::kRequests),
                                        BlockBuilder(Stream::kAdmin)};
  std::vector<Entry> entries_;
  RefusalSummaries summaries_;
  std::vector<std::vector<std::byte>> kept_;
  size_t last_lane_ = 0;
  bool is_touched_ = false;
  bool must_start_new_ = true;
  Totals totals_;
};

}  // namespace zerq::audit
