// SPDX-License-Identifier: Apache-2.0
#include "io/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace zerq::io {

TimerWheel::TimerWheel(Instant now) : tick_(now.ns / kTickNs) {}

void TimerWheel::arm(Timer& timer, Instant deadline) {
  timer.unlink();
  if (deadline == Instant::never()) {
    return;
  }
  timer.deadline_ns_ = deadline.ns;
  place(timer);
}

// A timer stands at the level whose slots are the finest that still reach its tick. Disarming
// leaves the occupied bit set; an empty slot is found and cleared when it comes up.
void TimerWheel::place(Timer& timer) {
  const int64_t due = std::max(tick_ + 1, (timer.deadline_ns_ + kTickNs - 1) / kTickNs);
  int level = 0;
  while (level < kLevels - 1 && ((due >> (kSlotBits * level)) - (tick_ >> (kSlotBits * level))) >= kSlots) {
    ++level;
  }
  const int64_t reach = (tick_ >> (kSlotBits * level)) + kSlots - 1;
  const int64_t at = std::min(due >> (kSlotBits * level), reach);
  const auto slot = static_cast<size_t>(at & (kSlots - 1));
  slots_[static_cast<size_t>(level)][slot].push_back(timer);
  occupied_[static_cast<size_t>(level)] |= uint64_t{1} << slot;
}

size_t TimerWheel::advance(Instant now) {
  const int64_t target = now.ns / kTickNs;
  size_t fired = 0;
  while (tick_ < target) {
    if (std::ranges::all_of(occupied_, [](uint64_t bits) { return bits == 0; })) {
      tick_ = target;
      break;
    }
    ++tick_;
    // Where a level turned over, the slot of the level above that begins now moves down.
    for (size_t level = 1; level < kLevels; ++level) {
      if ((tick_ & ((int64_t{1} << (kSlotBits * level)) - 1)) != 0) {
        break;
      }
      const auto slot = static_cast<size_t>((tick_ >> (kSlotBits * level)) & (kSlots - 1));
      occupied_[level] &= ~(uint64_t{1} << slot);
      IntrusiveList<Timer> moved;
      moved.splice_back(slots_[level][slot]);
      while (Timer* timer = moved.pop_front()) {
        if (timer->deadline_ns_ <= tick_ * kTickNs) {
          ++fired;
          timer->on_fire_(*timer);
        } else {
          place(*timer);
        }
      }
    }
    const auto slot = static_cast<size_t>(tick_ & (kSlots - 1));
    if ((occupied_[0] >> slot & 1U) == 0) {
      continue;
    }
    occupied_[0] &= ~(uint64_t{1} << slot);
    IntrusiveList<Timer> due;
    due.splice_back(slots_[0][slot]);
    while (Timer* timer = due.pop_front()) {
      ++fired;
      timer->on_fire_(*timer);
    }
  }
  return fired;
}

Instant TimerWheel::next_due() const {
  int64_t best = INT64_MAX;
  for (size_t level = 0; level < kLevels; ++level) {
    if (occupied_[level] == 0) {
      continue;
    }
    const int64_t at = tick_ >> (kSlotBits * level);
    const int next_slot = static_cast<int>((at + 1) & (kSlots - 1));
    const int distance = std::countr_zero(std::rotr(occupied_[level], next_slot)) + 1;
    best = std::min(best, (at + distance) << (kSlotBits * level));
  }
  return best == INT64_MAX ? Instant::never() : Instant{best * kTickNs};
}

}  // namespace zerq::io
