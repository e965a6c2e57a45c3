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
      scratch_(std::make_unique<char[]>(kScratchBytes)),
      batch_(std::make_unique<Batch>()) {
  epoll_fd_ = ::epoll_create1(EPOLL_CLOEXEC);
  CHECK(epoll_fd_ >= 0);
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.ptr = nullptr}};
  CHECK(::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd(), &event) == 0);
}

EpollLoop::~EpollLoop() {
  destroy_dead();
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

void EpollLoop::unwatch(int fd, EpollTarget& target) noexcept {
  ::epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
  for (int i = 0; i < batch_->count; ++i) {
    if (batch_->events[static_cast<size_t>(i)].data.ptr == &target) {
      batch_->events[static_cast<size_t>(i)].data.ptr = nullptr;
    }
  }
  std::ranges::replace(again_, &target, nullptr);
}

void EpollLoop::run_again(EpollTarget& target) { again_.push_back(&target); }

void EpollLoop::wait_and_collect(Duration max_wait) {
  // Nanoseconds matter: a rounding up of every wait to milliseconds would show in every latency.
  if (!again_.empty()) {
    max_wait = Duration{};
  }
  const timespec wait{.tv_sec = static_cast<time_t>(max_wait.count() / 1'000'000'000),
                      .tv_nsec = static_cast<long>(max_wait.count() % 1'000'000'000)};
  batch_->count = std::max(
      0, ::epoll_pwait2(epoll_fd_, batch_->events.data(), kEventsPerWait, &wait, nullptr));
  // By index: a target may leave (unwatch() clears its place) or ask for a further turn.
  const size_t due = again_.size();
  for (size_t i = 0; i < due; ++i) {
    if (EpollTarget* target = std::exchange(again_[i], nullptr)) {
      target->on_again();
    }
  }
  again_.erase(again_.begin(), again_.begin() + static_cast<std::ptrdiff_t>(due));
  for (int i = 0; i < batch_->count; ++i) {
    const epoll_event& event = batch_->events[static_cast<size_t>(i)];
    if (event.data.ptr == nullptr) {
      uint64_t count = 0;
      const ssize_t got = ::read(wake_fd(), &count, sizeof(count));
      static_cast<void>(got);  // EAGAIN when the event was that of a target now gone.
      continue;
    }
    static_cast<EpollTarget*>(event.data.ptr)->on_events(event.events);
  }
  batch_->count = 0;
}

}  // namespace zerq::io
