// SPDX-License-Identifier: Apache-2.0
// RefusalSummary: one record in place of many, of requests that were refused before their caller
// was known (semantics §9, "Cap"). The journal thread makes a CondensedRun of neighbouring frames
// of a lane (audit/refusal_condenser.h); the sealer adds the runs of a second up. Layout of a run:
// docs/audit-format.md, "Payloads". Plain values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/frame_codec.h"
#include "base/clock.h"

namespace zerq::audit {

// Stands in the frame of the last n that it covers.
struct CondensedRun {
  struct Count {
    std::string_view reason;
    uint32_t records = 0;
  };
  static constexpr size_t kReasonsMax = 64;

  WallTime time;  // When it was made.
  uint64_t first_n = 0;
  WallTime first_time, last_time;  // Of the requests.
  std::vector<Count> counts;

  void add(WallTime request_time, std::string_view reason);
  bool is_full() const { return counts.size() == kReasonsMax; }
};

size_t encoded_bytes(const CondensedRun& run) noexcept;
// `to` has room for encoded_bytes(run).
void encode_run(const CondensedRun& run, std::byte* to) noexcept;
// Reasons are views of the payload.
std::optional<CondensedRun> decode_run(Bytes payload);

struct RefusalSummary {
  // In [first_n, last_n] of the lane, `records` have no record of their own.
  struct LaneShare {
    LaneId lane;
    uint64_t first_n = 0;
    uint64_t last_n = 0;
    uint64_t records = 0;
  };

  WallTime time;
  WallTime first_time, last_time;  // Of the requests.
  std::map<std::string, uint64_t, std::less<>> reasons;
  std::vector<LaneShare> lanes;

  void add(LaneId lane, uint64_t last_n, const CondensedRun& run);
  uint64_t records() const;
};

// By the second in which the runs were made.
class RefusalSummaries {
 public:
  void add(LaneId lane, uint64_t last_n, const CondensedRun& run);
  const std::map<int64_t, RefusalSummary>& by_second() const { return by_second_; }
  void clear() { by_second_.clear(); }

 private:
  std::map<int64_t, RefusalSummary> by_second_;
};

}  // namespace zerq::audit
