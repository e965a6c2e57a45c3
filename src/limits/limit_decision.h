// SPDX-License-Identifier: Apache-2.0
// What a limit decided about one request, and the headers that tell the caller (semantics §7,
// "Headers"; draft-ietf-httpapi-ratelimit-headers). Value types.
#pragma once

#include <cstdint>
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

// RateLimit-Policy, RateLimit, RateLimit-Limit/-Remaining/-Reset, and Retry-After when it was
// refused: complete header lines, in the arena.
std::string_view write_limit_headers(const LimitDecision& decision, Arena& arena);

}  // namespace zerq::limits
