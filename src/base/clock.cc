// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <ctime>

namespace zerq {

Instant SystemClock::now() const noexcept {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return {t.tv_sec * 1'000'000'000 + t.tv_nsec};
}

WallTime SystemClock::wall_now() const noexcept {
  timespec t{};
  ::clock_gettime(CLOCK_REALTIME, &t);
  return {t.tv_sec * 1'000'000 + t.tv_nsec / 1000};
}

}  // namespace zerq
