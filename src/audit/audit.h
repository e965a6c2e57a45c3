// SPDX-License-Identifier: Apache-2.0
// Audit: everything between an exchange that ended and its record in a sealed block (rung:
// Gateway). Owns the lanes of this process life, the journal thread (rings → segments) and the
// sealer thread (segments → order, seq, chain, blocks → one transaction). Opening recovers what an
// earlier life left; that work runs on the sealer's thread while the gateway already serves.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "audit/admin_record.h"
#include "audit/audit_config.h"
#include "audit/lane.h"
#include "audit/query.h"
#include "audit/quota_counts.h"
#include "base/clock.h"
#include "io/blocking_pool.h"
#include "io/event_loop.h"
#include "store/data_directory.h"
#include "store/start_problem.h"

namespace zerq::audit {

// Since the process started; a snapshot for /metrics and status.
struct AuditCounters {
  uint64_t records_sealed = 0;
  uint64_t records_crashed = 0;   // gateway_crashed records written by recovery.
  uint64_t gaps = 0;
  uint64_t records_condensed = 0;  // Counted in a summary alone, from half of the cap on.
  uint64_t frames_discarded = 0;  // At the cap.
  uint64_t commits = 0;
  uint64_t commits_failed = 0;
  uint64_t journal_failures = 0;
  uint64_t journal_bytes = 0;     // In segments, not sealed yet.
};

class Audit {
 public:
  struct Options {
    AuditConfig config;
    uint32_t shards = 1;
  };
  // Changes no file before everything that is there was found sound. The directory and the clock
  // outlive the Audit.
  static store::StartResult<std::unique_ptr<Audit>> open(io::Blocking, const Options& options,
                                                         const store::DataDirectory& directory,
                                                         const Clock& clock);
  // As stop().
  ~Audit();
  Audit(const Audit&) = delete;
  Audit& operator=(const Audit&) = delete;

  // On the shard's thread, before its first append and after its last; the loop outlives the pair.
  Lane& attach_lane(uint32_t shard, io::EventLoop& loop);
  void detach_lane(uint32_t shard) noexcept;

  // Any thread.
  void append_admin(const AdminRecord& record) noexcept;

  // After every lane is detached: seals all there is and closes the lanes, so that the next start
  // has nothing to recover. At most some seconds; what could not be sealed stays in the journal.
  void stop();

  // False while records cannot be kept as promised; /readyz shows it.
  bool is_ready() const noexcept;
  AuditCounters counters() const noexcept;
  const std::string& node() const noexcept;
  // What the quotas had used when the process life before this one ended.
  std::vector<QuotaCount> take_quotas();

  // Sees every record within a second of its answer.
  Result<QueryPage> query(io::Blocking, const Query& wanted) const;

 private:
  struct Parts;
  explicit Audit(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace zerq::audit
