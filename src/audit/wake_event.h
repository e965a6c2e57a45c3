// SPDX-License-Identifier: Apache-2.0
// WakeEvent: how a shard, or another thread, ends the wait of the journal thread or the sealer. The
// first wake() of a wait is one write to an eventfd; later ones are one relaxed load. Rung:
// Gateway.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace zerq::audit {

class WakeEvent {
 public:
  WakeEvent();
  ~WakeEvent();
  WakeEvent(const WakeEvent&) = delete;
  WakeEvent& operator=(const WakeEvent&) = delete;

  // Any thread.
  void wake() noexcept;
  // The owning thread: until wake() or the time is over; a wake() since the last wait counts.
  void wait(Duration at_most) noexcept;

 private:
  int fd_;
  std::atomic<bool> is_awake_ = false;
};

// Blocks the calling thread where no event can tell it to go on.
void pause_thread(Duration time) noexcept;

}  // namespace zerq::audit
