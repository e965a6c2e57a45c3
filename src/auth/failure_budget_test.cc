// SPDX-License-Identifier: Apache-2.0
#include "auth/failure_budget.h"

#include <gtest/gtest.h>

namespace zerq::auth {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const ObjectId kProfile = ObjectId::parse("66a1b2c3d4e5f6a7b8c9d0a1").value();
const ObjectId kOtherProfile = ObjectId::parse("66a1b2c3d4e5f6a7b8c9d0a2").value();

IpAddress ip(const char* text) { return IpAddress::parse(text).value(); }

// How many failures in a row are afforded.
int spend(FailureBudget& budget, const IpAddress& peer, const ObjectId& profile, Instant now) {
  int count = 0;
  while (count < 1000 && budget.may_try(peer, profile, now)) {
    budget.count_failure(peer, profile, now);
    ++count;
  }
  return count;
}

TEST(FailureBudget, EndsAfterTheBurstAndComesBackWithTime) {
  FailureBudget budget({.burst = 10, .refill_per_s = 2, .buckets = 64}, 1);
  Instant now{1'000'000'000};
  EXPECT_EQ(spend(budget, ip("10.0.0.1"), kProfile, now), 10);
  EXPECT_EQ(spend(budget, ip("10.0.0.1"), kProfile, now + milliseconds(499)), 0);
  EXPECT_EQ(spend(budget, ip("10.0.0.1"), kProfile, now + milliseconds(500)), 1);
  EXPECT_EQ(spend(budget, ip("10.0.0.1"), kProfile, now + seconds(2)), 3);
  EXPECT_EQ(spend(budget, ip("10.0.0.1"), kProfile, now + seconds(1'000'000)), 10);
}

TEST(FailureBudget, IsOfOneAddressOnOneProfile) {
  FailureBudget budget({.burst = 3, .refill_per_s = 1, .buckets = 64}, 1);
  const Instant now{};
  EXPECT_EQ(spend(budget, ip("10.0.0.1"), kProfile, now), 3);
  EXPECT_EQ(spend(budget, ip("10.0.0.2"), kProfile, now), 3);
  EXPECT_EQ(spend(budget, ip("10.0.0.1"), kOtherProfile, now), 3);
  EXPECT_EQ(spend(budget, ip("10.0.0.1"), kProfile, now), 0);
}

TEST(FailureBudget, Ipv6CountsByItsNetwork) {
  FailureBudget budget({.burst = 3, .refill_per_s = 1, .buckets = 64}, 1);
  const Instant now{};
  EXPECT_EQ(spend(budget, ip("2001:db8:1:2::1"), kProfile, now), 3);
  EXPECT_EQ(spend(budget, ip("2001:db8:1:2:ffff::9"), kProfile, now), 0);
  EXPECT_EQ(spend(budget, ip("2001:db8:1:3::1"), kProfile, now), 3);
}

TEST(FailureBudget, NewcomersPushOutTheLeastRecentlyUsed) {
  FailureBudget budget({.burst = 1, .refill_per_s = 1, .buckets = 4}, 1);  // One set of four.
  Instant now{};
  for (const char* peer : {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"}) {
    EXPECT_EQ(spend(budget, ip(peer), kProfile, now), 1);
    now = now + milliseconds(1);
  }
  EXPECT_EQ(spend(budget, ip("10.0.0.1"), kProfile, now), 0);
  EXPECT_EQ(spend(budget, ip("10.0.0.5"), kProfile, now), 1);
  EXPECT_EQ(spend(budget, ip("10.0.0.2"), kProfile, now), 1);  // Forgotten.
  EXPECT_EQ(spend(budget, ip("10.0.0.4"), kProfile, now), 0);
}

}  // namespace
}  // namespace zerq::auth
