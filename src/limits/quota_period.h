// SPDX-License-Identifier: Apache-2.0
// The calendar windows of a quota (semantics §7): UTC days, ISO weeks, calendar months. Pure.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace zerq::limits {

enum class QuotaInterval : uint8_t { kDay = 1, kWeek = 2, kMonth = 3 };

// Days since 1970-01-01 in UTC.
int32_t day_of(WallTime time) noexcept;

struct QuotaPeriod {
  int32_t first_day = 0;
  int32_t days = 0;

  static QuotaPeriod of_day(QuotaInterval interval, int32_t day) noexcept;

  int32_t end_day() const { return first_day + days; }
  uint32_t seconds() const;
  // Until the next one begins, rounded up; 0 behind its end.
  uint32_t seconds_left(WallTime now) const;
};

}  // namespace zerq::limits
