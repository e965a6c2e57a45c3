// SPDX-License-Identifier: Apache-2.0
// What a limit decided about one request, and the headers that tell the caller (semantics §7,
// "Headers"; draft-ietf-httpapi-ratelimit-headers). Value types.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/arena.h"

namespace zerq::limits {

struct LimitDecision {
  bool is_admitted = false;
  bool is_unavailable =
      false;  // Not decided: limits.memory_bytes are used up. Nothing else is set.
  uint32_t limit = 0;
  uint32_t used = 0;      // This request included if it was admitted.
  uint32_t window_s = 0;  // Rounded up.
  // Rounded up: until more is available. After a refusal, until the next request is admitted if
  // nobody else takes the slot: Retry-After.
  uint32_t reset_s = 0;

  uint32_t remaining() const { return limit > used ? limit - used : 0; }
};

// What the limits of a policy decided together.
struct PolicyDecision {
  bool is_unavailable = false;  // Not decided; nothing else is set.
  bool lacks_slot = false;      // The concurrency limit refuses.
  std::optional<LimitDecision> rate, quota;
  int32_t quota_day = 0;   // First one of the quota's window, in days since 1970-01-01.
  uint32_t in_flight = 0;  // This request included if it was admitted.
  std::optional<uint32_t> concurrency;

  bool rate_refuses() const { return rate.has_value() && !rate->is_admitted; }
  bool quota_refuses() const { return quota.has_value() && !quota->is_admitted; }
  bool is_admitted() const {
    return !is_unavailable && !lacks_slot && !rate_refuses() && !quota_refuses();
  }
  bool has_headers() const { return rate.has_value() || quota.has_value(); }
  // The one with the least remaining; the shorter one of two. Precondition: has_headers().
  const LimitDecision& tightest() const {
    return quota.has_value() && (!rate.has_value() || quota->remaining() < rate->remaining())
               ? *quota
               : *rate;
  }
};

// RateLimit-Policy, RateLimit, RateLimit-Limit/-Remaining/-Reset, and Retry-After when one of these
// limits refused it: complete header lines, in the arena. Precondition: has_headers().
std::string_view write_limit_headers(const PolicyDecision& decision, Arena& arena);

}  // namespace zerq::limits
