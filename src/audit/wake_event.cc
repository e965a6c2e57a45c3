// SPDX-License-Identifier: Apache-2.0
#include "audit/wake_event.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "base/check.h"

namespace zerq::audit {
namespace {

timespec timespec_of(Duration time) {
  const int64_t ns = std::max<int64_t>(time.count(), 0);
  return {.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
}

}  // namespace

WakeEvent::WakeEvent() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) { CHECK(fd_ >= 0); }

WakeEvent::~WakeEvent() { ::close(fd_); }

void WakeEvent::wake() noexcept {
  if (is_awake_.load(std::memory_order_relaxed) ||
      is_awake_.exchange(true, std::memory_order_acq_rel)) {
    return;
  }
  const uint64_t one = 1;
  static_cast<void>(!::write(fd_, &one, sizeof one));
}

void WakeEvent::wait(Duration at_most) noexcept {
  pollfd waited{.fd = fd_, .events = POLLIN, .revents = 0};
  const timespec time = timespec_of(at_most);
  if (::ppoll(&waited, 1, &time, nullptr) > 0) {
    uint64_t count;
    static_cast<void>(!::read(fd_, &count, sizeof count));
  }
  // Cleared after the read: a wake() in between finds the flag still set, and what it announces is
  // looked at after this wait anyway.
  is_awake_.store(false, std::memory_order_seq_cst);
}

void pause_thread(Duration time) noexcept {
  const timespec t = timespec_of(time);
  ::ppoll(nullptr, 0, &t, nullptr);
}

}  // namespace zerq::audit
