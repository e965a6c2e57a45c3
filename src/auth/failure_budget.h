// SPDX-License-Identifier: Apache-2.0
// How many failed verifications an address may cost us on one profile (rung: Shard; one thread):
// a token bucket each, in a table of fixed size. They come before the rate limit, which only knows
// callers that were recognised. IPv6 counts by /64. Floods from many addresses are for the limit on
// peers, not for this table: a newcomer may push out the bucket that was used least recently.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/ip_address.h"
#include "base/object_id.h"

namespace zerq::auth {

struct FailureBudgetLimits {
  uint32_t burst = 100;
  uint32_t refill_per_s = 20;
  uint32_t buckets = 1024;  // A power of two.
};

class FailureBudget {
 public:
  // `seed` is random, so that nobody can choose addresses that share a bucket.
  FailureBudget(const FailureBudgetLimits& limits, uint64_t seed);

  // Whether another failure can be afforded.
  bool may_try(const IpAddress& peer, const ObjectId& profile, Instant now) noexcept;
  void count_failure(const IpAddress& peer, const ObjectId& profile, Instant now) noexcept;

 private:
  static constexpr size_t kWays = 4;
  struct Key {
    std::array<uint8_t, 16> address{};
    ObjectId profile;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Bucket {
    Key key;
    bool is_used = false;
    uint32_t failures_milli = 0;  // Thousandths that have not leaked away.
    Instant touched;
  };

  Key key_of(const IpAddress& peer, const ObjectId& profile) const noexcept;
  Bucket* first_way(const Key& key) noexcept;
  Bucket* find(const Key& key) noexcept;
  void leak(Bucket& bucket, Instant now) const noexcept;

  const FailureBudgetLimits limits_;
  const uint64_t seed_;
  std::vector<Bucket> buckets_;
};

}  // namespace zerq::auth
