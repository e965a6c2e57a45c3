// SPDX-License-Identifier: Apache-2.0
#include "limits/quota_period.h"

#include <algorithm>
#include <chrono>

namespace zerq::limits {
namespace {

constexpr int64_t kDayS = 86400;
constexpr int64_t kSecondUs = 1'000'000;

}  // namespace

int32_t day_of(WallTime time) noexcept {
  return static_cast<int32_t>(time.us / (kDayS * kSecondUs));
}

QuotaPeriod QuotaPeriod::of_day(QuotaInterval interval, int32_t day) noexcept {
  switch (interval) {
    case QuotaInterval::kDay: break;
    case QuotaInterval::kWeek:
      // 1970-01-01 was a Thursday, and an ISO week begins on Monday.
      return {.first_day = day - (day + 3) % 7, .days = 7};
    case QuotaInterval::kMonth: {
      using std::chrono::days;
      using std::chrono::sys_days;
      const std::chrono::year_month_day date{sys_days(days(day))};
      const sys_days first = date.year() / date.month() / 1;
      const sys_days next = (date.year() / date.month() + std::chrono::months(1)) / 1;
      return {.first_day = static_cast<int32_t>(first.time_since_epoch().count()),
              .days = static_cast<int32_t>((next - first).count())};
    }
  }
  return {.first_day = day, .days = 1};
}

uint32_t QuotaPeriod::seconds() const { return static_cast<uint32_t>(days * kDayS); }

uint32_t QuotaPeriod::seconds_left(WallTime now) const {
  const int64_t left_us = end_day() * kDayS * kSecondUs - now.us;
  return static_cast<uint32_t>((std::max<int64_t>(left_us, 0) + kSecondUs - 1) / kSecondUs);
}

}  // namespace zerq::limits
