// SPDX-License-Identifier: Apache-2.0
#include "io/name_cache.h"

#include <gtest/gtest.h>

namespace zerq::io {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr NameCacheLimits kLimits{.ttl_min = seconds(1),
                                  .ttl_max = seconds(100),
                                  .negative_ttl = seconds(2),
                                  .stale_max = seconds(1000),
                                  .names_max = 4};
constexpr Instant kStart{1'000'000'000};

NameCache::Addresses one(const char* text) { return {*IpAddress::parse(text)}; }

// A cache that knows `host` since kStart.
NameCache knowing(const std::string& host, Duration ttl) {
  NameCache cache(kLimits);
  EXPECT_TRUE(cache.find(host, kStart).must_look_up);
  EXPECT_TRUE(cache.on_addresses(host, one("10.0.0.1"), ttl, kStart).has_value());
  return cache;
}

TEST(NameCache, OneLookUpANameIsUnderWay) {
  NameCache cache(kLimits);
  const NameCache::Found first = cache.find("a", kStart);
  EXPECT_TRUE(first.must_look_up);
  EXPECT_FALSE(first.answer.has_value());
  const NameCache::Found second = cache.find("a", kStart);
  EXPECT_FALSE(second.must_look_up);
  EXPECT_FALSE(second.answer.has_value());
  EXPECT_TRUE(cache.find("b", kStart).must_look_up);
}

TEST(NameCache, AnAnswerServesForItsTime) {
  NameCache cache = knowing("a", seconds(80));
  NameCache::Found found = cache.find("a", kStart + seconds(69));
  ASSERT_TRUE(found.answer.has_value());
  EXPECT_EQ(one("10.0.0.1"), **found.answer);
  EXPECT_FALSE(found.must_look_up);

  // In the last eighth it is refreshed while it serves.
  found = cache.find("a", kStart + seconds(70));
  EXPECT_TRUE(found.answer.has_value());
  EXPECT_TRUE(found.must_look_up);

  found = cache.find("a", kStart + seconds(80));
  EXPECT_FALSE(found.answer.has_value());
  EXPECT_FALSE(found.must_look_up);
}

TEST(NameCache, TheTimeOfAnAnswerIsBounded) {
  NameCache brief = knowing("a", Duration{});
  EXPECT_TRUE(brief.find("a", kStart + milliseconds(999)).answer.has_value());
  EXPECT_FALSE(brief.find("a", kStart + seconds(1)).answer.has_value());
  NameCache lasting = knowing("a", seconds(10'000));
  EXPECT_TRUE(lasting.find("a", kStart + seconds(99)).answer.has_value());
  EXPECT_FALSE(lasting.find("a", kStart + seconds(100)).answer.has_value());
}

TEST(NameCache, AnOldAnswerServesWhenARefreshFails) {
  NameCache cache = knowing("a", seconds(10));
  const Instant late = kStart + seconds(500);
  EXPECT_TRUE(cache.find("a", late).must_look_up);
  EXPECT_EQ(one("10.0.0.1"), cache.find_stale("a", late));
  const NameCache::Answer told = cache.on_failure("a", late);
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(one("10.0.0.1"), *told);
  // The next look-up comes after the negative time, not at once.
  EXPECT_TRUE(cache.find("a", late + seconds(1)).answer.has_value());
  EXPECT_FALSE(cache.find("a", late + seconds(1)).must_look_up);
  EXPECT_TRUE(cache.find("a", late + seconds(2)).must_look_up);
}

TEST(NameCache, AnOldAnswerHasAnEnd) {
  NameCache cache = knowing("a", seconds(10));
  const Instant late = kStart + seconds(1010);
  EXPECT_TRUE(cache.find("a", late).must_look_up);
  EXPECT_FALSE(cache.find_stale("a", late).has_value());
  const NameCache::Answer told = cache.on_failure("a", late);
  ASSERT_FALSE(told.has_value());
  EXPECT_EQ(ErrorCode::kResolve, told.error().code);
  EXPECT_EQ("resolver_failed", told.error().detail);
}

TEST(NameCache, ANameThatIsGoneIsGoneAtOnce) {
  NameCache cache = knowing("a", seconds(10));
  const Instant late = kStart + seconds(20);
  EXPECT_TRUE(cache.find("a", late).must_look_up);
  EXPECT_EQ("no_such_host", cache.on_no_such_name("a", late).error().detail);
  EXPECT_FALSE(cache.find_stale("a", late).has_value());
  const NameCache::Found found = cache.find("a", late + seconds(1));
  ASSERT_TRUE(found.answer.has_value());
  EXPECT_EQ("no_such_host", found.answer->error().detail);
}

TEST(NameCache, HoldsABoundedNumberOfNames) {
  NameCache cache = knowing("a", seconds(10));
  for (const char* host : {"b", "c", "d"}) {
    EXPECT_TRUE(cache.find(host, kStart).must_look_up);
  }
  EXPECT_EQ(4U, cache.size());
  EXPECT_TRUE(cache.find("e", kStart).must_look_up);  // "a" went: nobody looks it up.
  EXPECT_EQ(4U, cache.size());
  const NameCache::Found full = cache.find("f", kStart);
  ASSERT_TRUE(full.answer.has_value());
  EXPECT_EQ(ErrorCode::kExhausted, full.answer->error().code);
  EXPECT_FALSE(full.must_look_up);
}

}  // namespace
}  // namespace zerq::io
