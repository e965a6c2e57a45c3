// SPDX-License-Identifier: Apache-2.0
// Hierarchical timing wheel (Varghese & Lauck, SOSP 1987): 1 ms ticks, O(1) arm and disarm, for
// hundreds of thousands of deadlines that mostly never fire. Rung: Shard; one thread.
// A timer never fires early; it fires at most one tick plus one turn late.
#pragma once

#include <array>
#include <cstdint>

#include "base/clock.h"
#include "base/intrusive_list.h"

namespace zerq::io {

// A member of whoever waits; destroying it disarms it.
class Timer : private ListNode {
 public:
  // `on_fire` runs on the shard, with the timer already disarmed; it may re-arm or destroy it.
  using OnFire = void (*)(Timer&) noexcept;
  explicit Timer(OnFire on_fire) : on_fire_(on_fire) {}

  bool is_armed() const { return is_linked(); }
  void disarm() { unlink(); }
  Instant deadline() const { return {deadline_ns_}; }

 private:
  friend class TimerWheel;
  friend class IntrusiveList<Timer>;
  OnFire on_fire_;
  int64_t deadline_ns_ = 0;
};

class TimerWheel {
 public:
  explicit TimerWheel(Instant now);

  // Re-arms when armed already. Instant::never() disarms.
  void arm(Timer& timer, Instant deadline);
  // Fires all that are due at `now`. Returns how many fired.
  size_t advance(Instant now);
  // When advance() must run next at the latest (lower bound of the earliest deadline);
  // Instant::never() when nothing is armed.
  Instant next_due() const;

 private:
  static constexpr int kLevels = 5;
  static constexpr int kSlotBits = 6;
  static constexpr int kSlots = 1 << kSlotBits;
  static constexpr int64_t kTickNs = 1'000'000;

  void place(Timer& timer);

  int64_t tick_;
  std::array<std::array<IntrusiveList<Timer>, kSlots>, kLevels> slots_;
  std::array<uint64_t, kLevels> occupied_{};
};

}  // namespace zerq::io
