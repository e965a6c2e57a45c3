// SPDX-License-Identifier: Apache-2.0
#include "io/epoll/epoll_listener.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace zerq::io {

EpollListener::EpollListener(EpollLoop& loop, int fd) : loop_(loop), fd_(fd), retry_timer_(*this) {
  // An inherited descriptor may be blocking, and accepted sockets inherit TCP_NODELAY.
  CHECK(::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK) == 0);
  set_no_delay(fd_);
}

EpollListener::~EpollListener() {
  loop_.forget(*this);
  if (sink_ != nullptr) {
    // By hand: closing is not enough for a socket that another process holds too.
    loop_.unwatch(fd_);
  }
  ::close(fd_);
}

void EpollListener::start(AcceptSink& sink) noexcept {
  DCHECK(sink_ == nullptr);
  sink_ = &sink;
  loop_.watch(fd_, EPOLLIN | EPOLLET, *this);
}

void EpollListener::resume() noexcept {
  is_paused_ = false;
  queue_again();
}

void EpollListener::queue_again() noexcept {
  if (!is_queued_again_) {
    is_queued_again_ = true;
    loop_.run_again(*this);
  }
}

void EpollListener::on_events(uint32_t) noexcept { accept_some(); }

void EpollListener::on_again() noexcept {
  is_queued_again_ = false;
  accept_some();
}

void EpollListener::accept_some() noexcept {
  if (retry_timer_.is_armed()) {
    return;
  }
  for (int i = 0; i < kAcceptsPerTurn && !is_paused_; ++i) {
    sockaddr_storage storage{};
    socklen_t size = sizeof(storage);
    const int fd =
        ::accept4(fd_, reinterpret_cast<sockaddr*>(&storage), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      sink_->on_accept(fd, SocketAddress::from_sockaddr(storage));
    } else if (errno == EAGAIN) {
      return;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      loop_.timers().arm(retry_timer_, loop_.now() + kAcceptPause);
      return;
    }
  }
  if (!is_paused_) {
    queue_again();
  }
}

void EpollListener::on_pause_over(Timer& timer) noexcept {
  static_cast<RetryTimer&>(timer).owner.accept_some();
}

}  // namespace zerq::io
