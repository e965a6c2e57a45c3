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

TEST(LimitDecision, NothingRemainsOfALimitThatWasLowered) {
  const LimitDecision decision{.limit = 5, .used = 9};
  EXPECT_EQ(decision.remaining(), 0U);
}

}  // namespace
}  // namespace zerq::limits
