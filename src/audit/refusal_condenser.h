// SPDX-License-Identifier: Apache-2.0
// RefusalCondenser: shrinks what leaves a ring while the journal is half full. Records of requests
// that were refused before their caller was known (product §5, before step 8 passed) become counts;
// everything else stays byte for byte. Costs strangers their single records, so that the other half
// of the journal is left to callers who were let in. Rung: the journal thread.
#pragma once

#include <cstdint>
#include <vector>

#include "audit/refusal_summary.h"
#include "base/bytes.h"
#include "base/clock.h"

namespace zerq::audit {

class RefusalCondenser {
 public:
  // `frames` are whole frames of the lane in their order, at most a ring. The result is never
  // longer, and valid until the next call.
  Bytes condense(LaneId lane, Bytes frames, WallTime now);
  // Records that the last call turned into counts.
  uint64_t records() const { return records_; }

 private:
  void copy(const Frame& frame);
  void end_run(const FrameCodec& codec);

  std::vector<std::byte> out_;
  size_t used_ = 0;
  CondensedRun run_;
  uint64_t last_n_ = 0;
  uint64_t last_position_ = 0;
  uint64_t records_ = 0;
};

}  // namespace zerq::audit
