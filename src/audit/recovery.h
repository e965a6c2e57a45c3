// SPDX-License-Identifier: Apache-2.0
// Recovery: gives the sealer what earlier process lives left in their rings and segments, oldest
// life first. A torn tail is no frame and falls away; damage with frames behind it is a hole in n;
// a begin without an end becomes `gateway_crashed`. Rung: the sealer's thread, before it serves.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "audit/journal_folder.h"
#include "audit/seal_batch.h"
#include "base/clock.h"
#include "io/blocking_pool.h"

namespace zerq::audit {

class Recovery {
 public:
  // Commits what the batch holds; false gives up for this start, and the files stay.
  using Commit = std::function<bool()>;

  Recovery(const JournalFolder& folder, SealBatch& batch, const Clock& clock)
      : folder_(folder), batch_(batch), clock_(clock) {}

  // Everything older than `epoch`. True: the folders are gone.
  bool run(io::Blocking, uint64_t epoch, const Commit& commit);

 private:
  bool recover_epoch(io::Blocking, uint64_t epoch, const Commit& commit);
  bool take_segments(io::Blocking, uint64_t epoch, const Commit& commit);
  void take_rings(io::Blocking, uint64_t epoch);
  void add_event(uint64_t epoch, const SealBatch::Totals& before);

  const JournalFolder& folder_;
  SealBatch& batch_;
  const Clock& clock_;
  std::vector<std::vector<std::byte>> rings_;
};

// What the quotas had used when the life before `epoch` ended: what is sealed, and what its rings
// and segments hold beyond. Changes nothing.
QuotaCounts read_quotas(io::Blocking, const JournalFolder& folder, const SealState& sealed,
                        uint64_t epoch);

// The frames of a ring file that were not sealed when its lane's next n was `next_n`, by n. Their
// bytes are in `storage`.
std::vector<Frame> read_ring(io::Blocking, const JournalFolder::Ring& ring, uint64_t next_n,
                             std::vector<std::byte>& storage);

}  // namespace zerq::audit
