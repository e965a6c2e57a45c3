// SPDX-License-Identifier: Apache-2.0
#include "io/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace zerq::io {

TimerWheel::TimerWheel(Instant now) : tick_(now.ns / kTickNs) {}

// The first tick that is not before the deadline.
int64_t TimerWheel::tick_of(int64_t deadline_ns) {
  return deadline_ns / kTickNs + (deadline_ns % kTickNs > 0 ? 1 : 0);
}

void TimerWheel::arm(Timer& timer, Instant deadline) {
  timer.deadline_ns_ = deadline.ns;
  if (timer.is_linked()) {
    if (tick_of(deadline.ns) >= timer.placed_tick_) {
      return;
    }
    timer.unlink();
  }
  if (deadline != Instant::never()) {
    place(timer);
  }
}

// A timer stands at the level whose slots are the finest that still reach its tick. One beyond the
// reach of all levels stands in the last slot and is placed again from there.
void TimerWheel::place(Timer& timer) {
  const int64_t due = std::max(tick_ + 1, tick_of(timer.deadline_ns_));
  int shift = 0;
  size_t level = 0;
  while (level < kLevels - 1 && (due >> shift) - (tick_ >> shift) >= kSlots) {
    ++level;
    shift += kSlotBits;
  }
  const int64_t at = std::min(due >> shift, (tick_ >> shift) + kSlots - 1);
  const auto slot = static_cast<size_t>(at & (kSlots - 1));
  timer.placed_tick_ = at << shift;
  slots_[level][slot].push_back(timer);
  occupied_[level] |= uint64_t{1} << slot;
}

// Fires or places again what stands in the slot of `level` that begins now. Whatever its callbacks
// arm goes to other slots: place() never chooses the one that is being opened.
size_t TimerWheel::open_slot(size_t level) {
  const auto slot = static_cast<size_t>((tick_ >> (kSlotBits * level)) & (kSlots - 1));
  if ((occupied_[level] >> slot & 1U) == 0) {
    return 0;
  }
  occupied_[level] &= ~(uint64_t{1} << slot);
  size_t fired = 0;
  while (Timer* timer = slots_[level][slot].pop_front()) {
    if (!timer->is_armed()) {
      continue;
    }
    if (tick_of(timer->deadline_ns_) > tick_) {
      place(*timer);
      continue;
    }
    timer->disarm();
    ++fired;
    timer->on_fire_(*timer);
  }
  return fired;
}

size_t TimerWheel::advance(Instant now) {
  const int64_t target = now.ns / kTickNs;
  size_t fired = 0;
  while (tick_ < target) {
    tick_ = std::min(target, next_tick());
    // The upper levels first: what they hold for this very tick fires, the rest moves down.
    for (size_t level = kLevels - 1; level > 0; --level) {
      if ((tick_ & ((int64_t{1} << (kSlotBits * level)) - 1)) == 0) {
        fired += open_slot(level);
      }
    }
    fired += open_slot(0);
  }
  return fired;
}

// The next tick at which a slot that is not empty begins.
int64_t TimerWheel::next_tick() const {
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
  return best;
}

Instant TimerWheel::next_due() const {
  const int64_t tick = next_tick();
  return tick == INT64_MAX ? Instant::never() : Instant{tick * kTickNs};
}

}  // namespace zerq::io
