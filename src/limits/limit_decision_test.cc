// SPDX-License-Identifier: Apache-2.0
#include "limits/limit_decision.h"

#include <gtest/gtest.h>

namespace zerq::limits {
namespace {

TEST(LimitDecision, AnAdmittedRequestTellsWhatIsLeft) {
  HeapBlocks blocks;
  Arena arena(blocks);
  const PolicyDecision decision{
      .rate = LimitDecision{
          .is_admitted = true, .limit = 100, .used = 1, .window_s = 60, .reset_s = 60}};
  EXPECT_EQ(write_limit_headers(decision, arena),
            "RateLimit-Policy: \"rate\";q=100;w=60\r\n"
            "RateLimit: \"rate\";r=99;t=60\r\n"
            "RateLimit-Limit: 100\r\n"
            "RateLimit-Remaining: 99\r\n"
            "RateLimit-Reset: 60\r\n");
}

TEST(LimitDecision, ARefusedRequestTellsWhenToComeBack) {
  HeapBlocks blocks;
  Arena arena(blocks);
  const PolicyDecision decision{
      .rate = LimitDecision{.limit = 3, .used = 3, .window_s = 60, .reset_s = 42}};
  EXPECT_TRUE(write_limit_headers(decision, arena)
                  .ends_with("RateLimit: \"rate\";r=0;t=42\r\nRateLimit-Limit: 3\r\n"
                             "RateLimit-Remaining: 0\r\nRateLimit-Reset: 42\r\n"
                             "Retry-After: 42\r\n"));
}

TEST(LimitDecision, TheLargestNumbersFit) {
  HeapBlocks blocks;
  Arena arena(blocks);
  const PolicyDecision decision{
      .rate = LimitDecision{.limit = 2147483647, .used = 0, .window_s = 86400, .reset_s = 86400}};
  const std::string_view lines = write_limit_headers(decision, arena);
  EXPECT_TRUE(lines.ends_with("Retry-After: 86400\r\n"));
}

PolicyDecision both(LimitDecision rate, LimitDecision quota) {
  return {.rate = rate, .quota = quota};
}

TEST(LimitDecision, BothLimitsAreToldAndTheTightestApart) {
  HeapBlocks blocks;
  Arena arena(blocks);
  const LimitDecision rate{
      .is_admitted = true, .limit = 100, .used = 1, .window_s = 60, .reset_s = 60};
  LimitDecision quota{
      .is_admitted = true, .limit = 500, .used = 490, .window_s = 86400, .reset_s = 777};
  EXPECT_EQ(write_limit_headers(both(rate, quota), arena),
            "RateLimit-Policy: \"rate\";q=100;w=60, \"quota\";q=500;w=86400\r\n"
            "RateLimit: \"rate\";r=99;t=60, \"quota\";r=10;t=777\r\n"
            "RateLimit-Limit: 500\r\n"
            "RateLimit-Remaining: 10\r\n"
            "RateLimit-Reset: 777\r\n");
  quota.used = 401;  // As much as of the rate: the shorter one is told.
  EXPECT_TRUE(write_limit_headers(both(rate, quota), arena).ends_with("RateLimit-Reset: 60\r\n"));
}

TEST(LimitDecision, AQuotaAloneIsToldAlone) {
  HeapBlocks blocks;
  Arena arena(blocks);
  const PolicyDecision decision{
      .quota = LimitDecision{.limit = 5, .used = 5, .window_s = 86400, .reset_s = 10}};
  EXPECT_EQ(write_limit_headers(decision, arena),
            "RateLimit-Policy: \"quota\";q=5;w=86400\r\n"
            "RateLimit: \"quota\";r=0;t=10\r\n"
            "RateLimit-Limit: 5\r\nRateLimit-Remaining: 0\r\nRateLimit-Reset: 10\r\n"
            "Retry-After: 10\r\n");
}

TEST(LimitDecision, RetryAfterIsTheLongestWaitOfThoseThatRefuse) {
  HeapBlocks blocks;
  Arena arena(blocks);
  constexpr uint32_t kMost = 2147483647;
  LimitDecision rate{.limit = kMost, .used = kMost, .window_s = 86400, .reset_s = 86400};
  LimitDecision quota{.limit = kMost, .used = kMost, .window_s = 2678400, .reset_s = 2678400};
  const auto last = [&] { return write_limit_headers(both(rate, quota), arena); };
  EXPECT_TRUE(last().ends_with("\r\nRetry-After: 2678400\r\n"));
  quota.is_admitted = true;
  EXPECT_TRUE(last().ends_with("\r\nRetry-After: 86400\r\n"));
  rate.is_admitted = true;
  EXPECT_TRUE(last().ends_with("\r\nRateLimit-Reset: 86400\r\n"));
}

TEST(LimitDecision, NothingRemainsOfALimitThatWasLowered) {
  const LimitDecision decision{.limit = 5, .used = 9};
  EXPECT_EQ(decision.remaining(), 0U);
}

}  // namespace
}  // namespace zerq::limits
