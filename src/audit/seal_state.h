// SPDX-License-Identifier: Apache-2.0
// SealState: what a commit says beside its blocks: how far each lane was read, which begins have no
// end yet, and what comes next in each stream. It stands whole in the newest audit file, so that
// the journal behind it may be thrown away. Layout: docs/audit-format.md, "State". Plain value.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/frame_codec.h"
#include "audit/quota_counts.h"
#include "audit/record_codec.h"
#include "base/bytes.h"
#include "crypto/digest.h"

namespace zerq::audit {

struct StreamState {
  uint64_t next_seq = 1;
  crypto::Digest256 chain{};  // All zeros before the first record.
};

struct OpenBegin {
  uint64_t n = 0;
  bool has_open_record = false;
  bool is_closed = false;  // Not kept: its end was seen since the last commit.
  std::array<std::byte, kBeginBytes> mark{};
};

struct LaneState {
  LaneId id;
  uint64_t next_n = 1;
  uint64_t position = 0;
  std::vector<OpenBegin> opens;  // By n.

  OpenBegin* find_open(uint64_t n);
  // Forgets those that are closed.
  void compact();
};

struct SealState {
  uint64_t generation = 0;  // Of the commit.
  uint64_t closed_epoch = 0;  // Lanes of this epoch and older ones have nothing to give any more.
  std::array<StreamState, 2> streams;
  std::vector<LaneState> lanes;
  QuotaCounts quotas;  // In a table of its own, not in encode().

  // Made where it is missing.
  LaneState& lane(LaneId id);
  const LaneState* find_lane(LaneId id) const;

  std::string encode() const;
  static std::optional<SealState> decode(Bytes bytes);
};

}  // namespace zerq::audit
