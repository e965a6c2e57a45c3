// SPDX-License-Identifier: Apache-2.0
#include "io/uring/uring_listener.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>

namespace zerq::io {

UringListener::UringListener(UringLoop& loop, int fd)
    : loop_(loop), descriptor_(new RingDescriptor{.fd = fd}), retry_timer_(*this) {
  operations_.fill(kNone);
  // Some kernels answer EAGAIN at once, instead of waiting, for a descriptor that does not block.
  CHECK(::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK) == 0);
  set_no_delay(fd);
}

UringListener::~UringListener() {
  for (const uint32_t operation : operations_) {
    if (operation != kNone) {
      loop_.abandon(operation);
    }
  }
  orphan(descriptor_);
}

void UringListener::start(AcceptSink& sink) noexcept {
  sink_ = &sink;
  arm();
}

void UringListener::resume() noexcept {
  is_paused_ = false;
  arm();
}

void UringListener::arm() {
  for (uint32_t& operation : operations_) {
    if (operation == kNone && !is_paused_ && !retry_timer_.is_armed()) {
      operation = loop_.submit_accept(*descriptor_, *this);
    }
  }
}

void UringListener::on_completion(OperationKind, uint32_t operation, int result,
                                  uint32_t) noexcept {
  for (uint32_t& own : operations_) {
    if (own == operation) {
      own = kNone;
    }
  }
  if (result < 0) {
    if (result != -ECONNABORTED && result != -EINTR) {
      loop_.timers().arm(retry_timer_, loop_.now() + kAcceptPause);
    }
    arm();
    return;
  }
  arm();
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  ::getpeername(result, reinterpret_cast<sockaddr*>(&storage), &size);
  sink_->on_accept(result, SocketAddress::from_sockaddr(storage));
}

void UringListener::on_pause_over(Timer& timer) noexcept {
  static_cast<RetryTimer&>(timer).owner.arm();
}

}  // namespace zerq::io
