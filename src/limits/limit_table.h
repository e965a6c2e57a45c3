// SPDX-License-Identifier: Apache-2.0
// LimitTable: what is counted under every key of the process (rung: Gateway; any thread): a window
// for the rate, an account for the quota and what is in flight. What a snapshot knows beforehand
// (`per` client, profile) it pins, so that a request looks nothing up; the others are found without
// a lock. What nobody pins dies once it is idle. New keys, pins and deaths take a spin word.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "limits/concurrency_lease.h"
#include "limits/exact_window.h"
#include "limits/limit_decision.h"
#include "limits/limit_pin.h"
#include "limits/policy_config.h"
#include "limits/window_memory.h"

namespace zerq::limits {

class LimitTable {
 public:
  static constexpr size_t kMemoryBytesDefault = size_t{64} << 20;

  explicit LimitTable(size_t memory_bytes = kMemoryBytesDefault) : memory_(memory_bytes) {}
  LimitTable(const LimitTable&) = delete;
  LimitTable& operator=(const LimitTable&) = delete;

  // Unset when there is no memory for it; admit() then says so, or finds that there is some again.
  LimitPin pin(const LimitKey& key, const PolicyLimits& limits) noexcept;
  // All limits at once: what one of them refuses is counted in none. `lease`, which holds nothing,
  // becomes the request's slot where there is a concurrency limit and it was admitted.
  PolicyDecision admit(const LimitKey& key, const PolicyLimits& limits, const Clock& clock,
                       ConcurrencyLease& lease) noexcept;
  // The same for a key whose pin was made with the same kinds of limits.
  PolicyDecision admit(const LimitPin& pin, const PolicyLimits& limits, const Clock& clock,
                       ConcurrencyLease& lease) noexcept;

  // What a quota had admitted in its window before this process began. False: no memory for it.
  bool restore_quota(const LimitKey& key, QuotaInterval interval, int32_t first_day,
                     uint32_t used) noexcept;

  // Gives back what is idle. Not for shards: it looks at every window.
  void sweep(const Clock& clock) noexcept;
  void set_memory_bytes(size_t bytes) noexcept { memory_.set_bytes_max(bytes); }
  size_t memory_bytes_used() const noexcept { return memory_.bytes_used(); }

 private:
  friend class LimitPin;
  struct Counted {
    ExactWindow& account;
    ExactWindow* window = nullptr;  // Null: no rate limit.
    const WindowKey* rate_key = nullptr;  // Null: it is pinned.
  };
  void unpin(const LimitPin& pin) noexcept;
  std::optional<PolicyDecision> decide_all(const Counted& counted, const PolicyLimits& limits,
                                           const Clock& clock, ConcurrencyLease& lease) noexcept;
  static WindowKey account_key(const LimitKey& key, const PolicyLimits& limits) noexcept {
    return WindowKey::of_account(
        key, limits.quota.has_value() ? std::optional(limits.quota->interval) : std::nullopt);
  }
  ExactWindow* find(const WindowKey& key) noexcept;
  LimitDecision admit_window(const WindowKey& key, uint32_t requests, const Clock& clock) noexcept;
  std::atomic<uint32_t>& chain_of(uint64_t tag) const noexcept {
    return memory_.index().heads[tag % WindowMemory::kIndexHeads];
  }
  uint32_t find_or_begin(const WindowKey& key, uint64_t tag) noexcept;
  uint32_t take_window() noexcept;
  void sweep_chain(std::atomic<uint32_t>& link, const Clock& clock) noexcept;

  WindowMemory memory_;
};

}  // namespace zerq::limits
