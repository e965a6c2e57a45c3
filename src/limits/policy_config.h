// SPDX-License-Identifier: Apache-2.0
// The rate limit of a policy (product §4, semantics §7): at most `requests` in any interval of
// length `window`, over all shards.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace zerq::limits {

enum class LimitPer : uint8_t { kClient, kProfile, kCollection, kProxy };

struct RateLimitConfig {
  static constexpr uint32_t kRequestsMax = 2147483647;
  static constexpr Duration kWindowMin = std::chrono::seconds(1);
  static constexpr Duration kWindowMax = std::chrono::hours(24);

  uint32_t requests = 100;  // 0 refuses all.
  Duration window = std::chrono::minutes(1);
  LimitPer per = LimitPer::kClient;
};

}  // namespace zerq::limits
