// SPDX-License-Identifier: Apache-2.0
#include "io/epoll/epoll_loop.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>

#include "io/epoll/epoll_listener.h"
#include "io/epoll/epoll_socket.h"

namespace zerq::io {

struct EpollLoop::Batch {
  std::array<epoll_event, kEventsPerWait> events;
  int count = 0;
};

EpollLoop::EpollLoop(const EventLoopConfig& config, const Clock& clock)
    : EventLoop(config, clock),
      scratch_(std::make_unique_for_overwrite<char[]>(kScratchBytes)),
      batch_(std::make_unique<Batch>()) {
  epoll_fd_ = ::epoll_create1(EPOLL_CLOEXEC);
  CHECK(epoll_fd_ >= 0);
  // Edge-triggered: each write wakes us once, though the counter is never read.
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.ptr = nullptr}};
  CHECK(::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd(), &event) == 0);
}

EpollLoop::~EpollLoop() {
  destroy_leftovers();
  ::close(epoll_fd_);
}

std::unique_ptr<TcpSocket> EpollLoop::adopt_socket(int fd, bool is_connecting) {
  return std::make_unique<EpollSocket>(*this, fd, is_connecting);
}

std::unique_ptr<ListenSocket> EpollLoop::adopt_listener(int fd) {
  return std::make_unique<EpollListener>(*this, fd);
}

void EpollLoop::watch(int fd, uint32_t events, EpollTarget& target) {
  epoll_event event{.events = events, .data = {.ptr = &target}};
  CHECK(::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0);
}

void EpollLoop::unwatch(int fd) noexcept { ::epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr); }

void EpollLoop::forget(EpollTarget& target) noexcept {
  for (int i = 0; i < batch_->count; ++i) {
    epoll_event& event = batch_->events[static_cast<size_t>(i)];
    if (event.data.ptr == &target) {
      event.data.ptr = nullptr;
    }
  }
  std::ranges::replace(again_, &target, nullptr);
}

void EpollLoop::run_again(EpollTarget& target) { again_.push_back(&target); }

void EpollLoop::wait(Duration max_wait) {
  // Up to the next millisecond, as the timer wheel's ticks are: waking early would only spin.
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(max_wait);
  const int wait_ms = again_.empty() ? static_cast<int>(wait.count()) : 0;
  const int count = ::epoll_wait(epoll_fd_, batch_->events.data(), kEventsPerWait, wait_ms);
  batch_->count = std::max(0, count);
  ++turn_number_;
}

// By index: a target may leave (forget() clears its place) or ask for a further turn.
void EpollLoop::collect() {
  const size_t due = again_.size();
  for (size_t i = 0; i < due; ++i) {
    if (EpollTarget* target = std::exchange(again_[i], nullptr)) {
      target->on_again();
    }
  }
  again_.erase(again_.begin(), again_.begin() + static_cast<std::ptrdiff_t>(due));
  for (int i = 0; i < batch_->count; ++i) {
    const epoll_event& event = batch_->events[static_cast<size_t>(i)];
    if (event.data.ptr != nullptr) {
      static_cast<EpollTarget*>(event.data.ptr)->on_events(event.events);
    }
  }
  batch_->count = 0;
}

}  // namespace zerq::io
