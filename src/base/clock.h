// SPDX-License-Identifier: Apache-2.0
// The only way to ask for time. `Clock` is injected: tests move a ManualClock by hand.
// Monotonic time orders and measures; wall time is only ever shown, stored, or compared with a
// date that somebody wrote (exp, expires_at).
#pragma once

#include <chrono>
#include <cstdint>

namespace zerq {

using Duration = std::chrono::nanoseconds;

// Monotonic, since an arbitrary start; never compared between machines or boots.
struct Instant {
  int64_t ns = 0;

  friend auto operator<=>(Instant, Instant) = default;
  friend Instant operator+(Instant t, Duration d) { return {t.ns + d.count()}; }
  friend Instant operator-(Instant t, Duration d) { return {t.ns - d.count()}; }
  friend Duration operator-(Instant a, Instant b) { return Duration(a.ns - b.ns); }
  static constexpr Instant never() { return {INT64_MAX}; }
};

// Microseconds since 1970-01-01T00:00:00Z.
struct WallTime {
  int64_t us = 0;

  friend auto operator<=>(WallTime, WallTime) = default;
  int64_t seconds() const { return us / 1'000'000; }
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const noexcept = 0;
  virtual WallTime wall_now() const noexcept = 0;
};

// CLOCK_MONOTONIC and CLOCK_REALTIME. Stateless; any thread.
class SystemClock final : public Clock {
 public:
  Instant now() const noexcept override;
  WallTime wall_now() const noexcept override;
};

class ManualClock final : public Clock {
 public:
  Instant now() const noexcept override { return now_; }
  WallTime wall_now() const noexcept override { return wall_; }
  void advance(Duration d) {
    now_ = now_ + d;
    wall_.us += d.count() / 1000;
  }
  void set_wall(WallTime t) { wall_ = t; }

 private:
  Instant now_{1'000'000'000};
  WallTime wall_{1'700'000'000'000'000};
};

}  // namespace zerq
