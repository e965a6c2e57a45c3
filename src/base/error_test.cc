// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/result.h"

namespace zerq {
namespace {

Result<int> parse_digit(char c) {
  if (c < '0' || c > '9') {
    return fail(ErrorCode::kMalformed, "no digit");
  }
  return c - '0';
}

Result<int> sum(std::string_view text) {
  int total = 0;
  for (const char c : text) {
    total += TRY(parse_digit(c));
  }
  return total;
}

TEST(Result, TryUnwrapsOrReturns) {
  EXPECT_EQ(sum("123").value(), 6);
  const auto failed = sum("12x");
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().code, ErrorCode::kMalformed);
  EXPECT_EQ(failed.error().detail, "no digit");
}

TEST(Error, EveryCodeHasANameOfItsOwn) {
  std::set<std::string> names;
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    const std::string_view name = error_code_name(static_cast<ErrorCode>(code));
    EXPECT_FALSE(name.empty());
    EXPECT_TRUE(names.emplace(name).second) << name;
  }
  EXPECT_EQ(error_code_name(ErrorCode::kTimedOut), "timed_out");
}

TEST(Error, EqualityIgnoresErrno) {
  Error first;
  Error second;
  second.os_errno = 5;
  EXPECT_EQ(first, second);
  second.detail = "other";
  EXPECT_FALSE(first == second);
}

}  // namespace
}  // namespace zerq
