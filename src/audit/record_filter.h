// SPDX-License-Identifier: Apache-2.0
// RecordFilter: a Query made ready to be asked a million times: values escaped as they stand in a
// line, the places of its ids in a Bloom filter. Says whether a block may hold a match, and whether
// a line is one. Rung: one query; one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "audit/bloom_filter.h"
#include "audit/query.h"
#include "audit/record_line.h"
#include "base/bytes.h"
#include "base/clock.h"

namespace zerq::audit {

// What the row of a block says about its records.
struct BlockIndex {
  WallTime first_time, last_time;
  Bytes statuses;  // Little-endian uint16 each.
  std::string_view errors;
  Bytes bloom;
};

class RecordFilter {
 public:
  RecordFilter(const Query& query, std::string_view node);

  bool may_match(const BlockIndex& block) const;
  bool matches(std::string_view line) const;

 private:
  struct Equal {
    std::string_view RecordLine::* field;
    std::string value;
  };

  void add_equal(std::string_view RecordLine::* field, const std::string& value);
  void add_id(std::string_view RecordLine::* field, BloomKey key,
              const std::optional<ObjectId>& id);

  std::optional<WallTime> from_, to_;
  std::string from_text_, to_text_;
  std::optional<StatusRange> status_;
  std::optional<CidrBlock> ip_;
  std::vector<Equal> equal_;
  std::string error_, path_prefix_, text_;
  std::vector<BloomFilter::Probe> probes_;
  bool matches_nothing_ = false;
  bool has_fields_ = false;  // Something must be looked at inside a line.
};

}  // namespace zerq::audit
