// SPDX-License-Identifier: Apache-2.0
#include "io/epoll/epoll_listener.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace zerq::io {
namespace {

// Out of descriptors: others must close first (architecture §2).
constexpr Duration kExhaustedPause = std::chrono::milliseconds(100);

}  // namespace

EpollListener::EpollListener(EpollLoop& loop, int fd) : loop_(loop), fd_(fd), retry_timer_(*this) {}

EpollListener::~EpollListener() {
  if (sink_ != nullptr) {
    loop_.unwatch(fd_, *this);
  }
  ::close(fd_);
}

void EpollListener::start(AcceptSink& sink) noexcept {
  sink_ = &sink;
  loop_.watch(fd_, EPOLLIN | EPOLLET, *this);
}

void EpollListener::pause() noexcept { is_paused_ = true; }

void EpollListener::resume() noexcept {
  is_paused_ = false;
  loop_.run_again(*this);
}

void EpollListener::on_events(uint32_t) noexcept { accept_some(); }

void EpollListener::accept_some() noexcept {
  for (int i = 0; i < kAcceptsPerTurn && !is_paused_; ++i) {
    sockaddr_storage storage{};
    socklen_t size = sizeof(storage);
    const int fd = ::accept4(fd_, reinterpret_cast<sockaddr*>(&storage), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) {
        continue;
      }
      if (errno != EAGAIN) {
        loop_.timers().arm(retry_timer_, loop_.now() + kExhaustedPause);
      }
      return;
    }
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    sink_->on_accept(fd, SocketAddress::from_sockaddr(storage));
  }
  if (!is_paused_) {
    loop_.run_again(*this);
  }
}

void EpollListener::on_pause_over(Timer& timer) noexcept {
  static_cast<RetryTimer&>(timer).owner.accept_some();
}

}  // namespace zerq::io
