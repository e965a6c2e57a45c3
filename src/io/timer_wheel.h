// SPDX-License-Identifier: Apache-2.0
// Hierarchical timing wheel (Varghese & Lauck, SOSP 1987): 1 ms ticks, O(1) arm and disarm, for
// hundreds of thousands of deadlines that mostly never fire. Rung: Shard; one thread.
// A timer never fires early; it fires at most one tick plus one turn late.
// Disarming, and arming for later than before, only notes the new deadline: the timer stays in its
// slot and is placed again when that comes up. So a deadline a wait costs a store, not a list.
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

  bool is_armed() const { return deadline_ns_ != Instant::never().ns; }
  void disarm() { deadline_ns_ = Instant::never().ns; }
  Instant deadline() const { return {deadline_ns_}; }

 private:
  friend class TimerWheel;
  friend class IntrusiveList<Timer>;
  OnFire on_fire_;
  int64_t deadline_ns_ = Instant::never().ns;
  int64_t placed_tick_ = 0;  // When its slot comes up, while it is linked.
};

class TimerWheel {
 public:
  explicit TimerWheel(Instant now);

  // Re-arms when armed already. Instant::never() disarms.
  void arm(Timer& timer, Instant deadline);
  // Fires all that are due at `now`. Returns how many fired.
  size_t advance(Instant now);
  // When advance() must run next at the latest (lower bound of the earliest deadline);
  // Instant::never() when no slot is occupied.
  Instant next_due() const;

 private:
  static constexpr int kLevels = 5;
  static constexpr int kSlotBits = 6;
  static constexpr int kSlots = 1 << kSlotBits;
  static constexpr int64_t kTickNs = 1'000'000;

  static int64_t tick_of(int64_t deadline_ns);
  int64_t next_tick() const;
  void place(Timer& timer);
  size_t open_slot(size_t level);

  int64_t tick_;
  std::array<std::array<IntrusiveList<Timer>, kSlots>, kLevels> slots_;
  std::array<uint64_t, kLevels> occupied_{};
};

}  // namespace zerq::io
