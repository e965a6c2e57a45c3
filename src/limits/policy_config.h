// SPDX-License-Identifier: Apache-2.0
// What a policy limits (product §4, semantics §7), all of it tested together: at most `requests` in
// any interval of length `window`, at most a quota in a window of the calendar, and at most
// `concurrency` at once, over all shards.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "limits/quota_period.h"

namespace zerq::limits {

enum class LimitPer : uint8_t { kClient, kProfile, kCollection, kProxy };

struct RateLimitConfig {
  static constexpr uint32_t kRequestsMax = 2147483647;
  static constexpr Duration kWindowMin = std::chrono::seconds(1);
  static constexpr Duration kWindowMax = std::chrono::hours(24);

  uint32_t requests = 100;  // 0 refuses all.
  Duration window = std::chrono::minutes(1);
};

struct QuotaConfig {
  uint32_t requests = 0;  // 0 refuses all.
  QuotaInterval interval = QuotaInterval::kDay;
};

struct PolicyLimits {
  static constexpr uint32_t kConcurrencyMax = 1'000'000;

  LimitPer per = LimitPer::kClient;  // What is counted apart.
  std::optional<RateLimitConfig> rate_limit;
  std::optional<QuotaConfig> quota;
  std::optional<uint32_t> concurrency;  // 0 refuses all.

  // Something is counted beside the window, in the account of the key.
  bool has_account() const { return quota.has_value() || concurrency.has_value(); }
  bool is_any() const { return rate_limit.has_value() || has_account(); }
};

}  // namespace zerq::limits
