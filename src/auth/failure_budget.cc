// SPDX-License-Identifier: Apache-2.0
#include "auth/failure_budget.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace zerq::auth {
namespace {

constexpr uint32_t kMilli = 1000;
constexpr int64_t kNsPerMilliSecond = 1'000'000;

uint64_t mix(uint64_t state, uint64_t word) {
  const auto product = static_cast<unsigned __int128>(state ^ word) * 0x9E3779B97F4A7C15ULL;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

}  // namespace

FailureBudget::FailureBudget(const FailureBudgetLimits& limits, uint64_t seed)
    : limits_(limits), seed_(seed), buckets_(limits.buckets) {
  CHECK(limits.buckets >= kWays && (limits.buckets & (limits.buckets - 1)) == 0);
  CHECK(limits.burst > 0 && limits.burst <= UINT32_MAX / kMilli);
}

bool FailureBudget::may_try(const IpAddress& peer, const ObjectId& profile, Instant now) noexcept {
  Bucket* bucket = find(key_of(peer, profile));
  if (bucket == nullptr) {
    return true;
  }
  leak(*bucket, now);
  return bucket->failures_milli + kMilli <= limits_.burst * kMilli;
}

void FailureBudget::count_failure(const IpAddress& peer, const ObjectId& profile,
                                  Instant now) noexcept {
  const Key key = key_of(peer, profile);
  Bucket* bucket = find(key);
  if (bucket == nullptr) {
    Bucket* first = first_way(key);
    bucket = std::min_element(first, first + kWays, [](const Bucket& a, const Bucket& b) {
      return a.is_used != b.is_used ? b.is_used : a.touched < b.touched;
    });
    *bucket = {.key = key, .is_used = true, .failures_milli = 0, .touched = now};
  }
  leak(*bucket, now);
  bucket->failures_milli = std::min(bucket->failures_milli + kMilli, limits_.burst * kMilli);
}

FailureBudget::Key FailureBudget::key_of(const IpAddress& peer,
                                         const ObjectId& profile) const noexcept {
  Key key{.address = peer.mapped_bytes(), .profile = profile};
  if (!peer.is_v4()) {
    std::fill(key.address.begin() + 8, key.address.end(), uint8_t{0});
  }
  return key;
}

FailureBudget::Bucket* FailureBudget::first_way(const Key& key) noexcept {
  uint64_t words[4] = {};
  std::memcpy(words, key.address.data(), key.address.size());
  std::memcpy(words + 2, key.profile.bytes().data(), ObjectId::kBytes);
  uint64_t hash = seed_;
  for (const uint64_t word : words) {
    hash = mix(hash, word + seed_);
  }
  return buckets_.data() + (hash & (buckets_.size() - 1) & ~(kWays - 1));
}

FailureBudget::Bucket* FailureBudget::find(const Key& key) noexcept {
  Bucket* first = first_way(key);
  Bucket* found = std::find_if(first, first + kWays, [&key](const Bucket& bucket) {
    return bucket.is_used && bucket.key == key;
  });
  return found == first + kWays ? nullptr : found;
}

void FailureBudget::leak(Bucket& bucket, Instant now) const noexcept {
  // refill_per_s failures a second are as many thousandths a millisecond.
  const int64_t elapsed_ms = (now - bucket.touched).count() / kNsPerMilliSecond;
  if (elapsed_ms <= 0) {
    return;
  }
  bucket.touched = bucket.touched + Duration(elapsed_ms * kNsPerMilliSecond);
  const uint64_t leaked = static_cast<uint64_t>(elapsed_ms) * limits_.refill_per_s;
  bucket.failures_milli -= static_cast<uint32_t>(std::min<uint64_t>(leaked, bucket.failures_milli));
}

}  // namespace zerq::auth
