// SPDX-License-Identifier: Apache-2.0
#include "limits/quota_period.h"

#include <gtest/gtest.h>

#include <chrono>

namespace zerq::limits {
namespace {

int32_t day(int year, unsigned month, unsigned of_month) {
  const std::chrono::sys_days date =
      std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(of_month);
  return static_cast<int32_t>(date.time_since_epoch().count());
}

TEST(QuotaPeriod, ADayIsTheUtcDay) {
  const QuotaPeriod period = QuotaPeriod::of_day(QuotaInterval::kDay, day(2026, 11, 24));
  EXPECT_EQ(period.first_day, day(2026, 11, 24));
  EXPECT_EQ(period.end_day(), day(2026, 11, 25));
  EXPECT_EQ(period.seconds(), 86400U);
}

TEST(QuotaPeriod, AWeekBeginsOnMonday) {
  for (const unsigned of_month : {23U, 24U, 29U}) {  // Monday, Tuesday, Sunday.
    const QuotaPeriod period = QuotaPeriod::of_day(QuotaInterval::kWeek, day(2026, 11, of_month));
    EXPECT_EQ(period.first_day, day(2026, 11, 23)) << of_month;
    EXPECT_EQ(period.end_day(), day(2026, 11, 30)) << of_month;
  }
  // Over the end of a year: Friday, 1 January 2027.
  EXPECT_EQ(QuotaPeriod::of_day(QuotaInterval::kWeek, day(2027, 1, 1)).first_day,
            day(2026, 12, 28));
}

TEST(QuotaPeriod, AMonthHasItsOwnLength) {
  struct Case {
    int year;
    unsigned month;
    int32_t days;
  };
  for (const Case& c : {Case{2026, 11, 30}, Case{2026, 12, 31}, Case{2026, 2, 28},
                        Case{2028, 2, 29}, Case{2000, 2, 29}, Case{2100, 2, 28}}) {
    for (const unsigned of_month : {1U, 15U, static_cast<unsigned>(c.days)}) {
      const QuotaPeriod period =
          QuotaPeriod::of_day(QuotaInterval::kMonth, day(c.year, c.month, of_month));
      EXPECT_EQ(period.first_day, day(c.year, c.month, 1));
      EXPECT_EQ(period.days, c.days) << c.year << "-" << c.month;
    }
  }
}

TEST(QuotaPeriod, WhatIsLeftIsRoundedUp) {
  const int32_t today = day(2026, 11, 24);
  const QuotaPeriod period = QuotaPeriod::of_day(QuotaInterval::kDay, today);
  const int64_t begin_us = int64_t{today} * 86'400'000'000;
  EXPECT_EQ(day_of(WallTime{begin_us}), today);
  EXPECT_EQ(day_of(WallTime{begin_us - 1}), today - 1);
  EXPECT_EQ(period.seconds_left(WallTime{begin_us}), 86400U);
  EXPECT_EQ(period.seconds_left(WallTime{begin_us + 1}), 86400U);
  EXPECT_EQ(period.seconds_left(WallTime{begin_us + 86'399'999'999}), 1U);
  EXPECT_EQ(period.seconds_left(WallTime{begin_us + 86'400'000'000}), 0U);
}

}  // namespace
}  // namespace zerq::limits
