// SPDX-License-Identifier: Apache-2.0
// UnsealedRecords: what rings and segments hold beyond the last commit, as lines whose seq is null.
// Safe beside a running gateway: frames check out or are not there, and what was sealed meanwhile
// is dropped afterwards. Rung: one query.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "audit/journal_folder.h"
#include "audit/query.h"
#include "audit/record_filter.h"
#include "audit/seal_state.h"

namespace zerq::audit {

// The place of a record among those that have no seq yet.
struct UnsealedKey {
  int64_t time_us = 0;
  LaneId lane;
  uint64_t n = 0;

  friend auto operator<=>(const UnsealedKey&, const UnsealedKey&) = default;
};

struct UnsealedRecord {
  UnsealedKey key;
  std::string line;
};

// Matches only, newest first.
std::vector<UnsealedRecord> read_unsealed(io::Blocking, const JournalFolder& journal,
                                          const SealState& sealed, const std::string& node,
                                          Stream stream, const RecordFilter& filter);
bool is_sealed(const SealState& state, const UnsealedKey& key);

}  // namespace zerq::audit
