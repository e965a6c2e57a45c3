// SPDX-License-Identifier: Apache-2.0
#include "io/uring/uring_listener.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace zerq::io {
namespace {

// Out of descriptors: others must close first (architecture §2).
constexpr Duration kExhaustedPause = std::chrono::milliseconds(100);

}  // namespace

UringListener::UringListener(UringLoop& loop, int fd)
    : loop_(loop), descriptor_(new RingDescriptor{.fd = fd}), retry_timer_(*this) {
  operations_.fill(kNone);
}

UringListener::~UringListener() {
  for (const uint32_t operation : operations_) {
    if (operation != kNone) {
      loop_.slab().at(operation).sink = nullptr;
      loop_.cancel(operation);
    }
  }
  if (descriptor_->operations == 0) {
    ::close(descriptor_->fd);
    delete descriptor_;
  } else {
    descriptor_->is_orphan = true;
  }
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
    if (operation == kNone && !is_paused_) {
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
  if (result == -EMFILE || result == -ENFILE || result == -ENOBUFS || result == -ENOMEM) {
    loop_.timers().arm(retry_timer_, loop_.now() + kExhaustedPause);
    return;
  }
  arm();
  if (result < 0) {
    return;
  }
  const int one = 1;
  ::setsockopt(result, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  ::getpeername(result, reinterpret_cast<sockaddr*>(&storage), &size);
  sink_->on_accept(result, SocketAddress::from_sockaddr(storage));
}

void UringListener::on_pause_over(Timer& timer) noexcept {
  static_cast<RetryTimer&>(timer).owner.arm();
}

}  // namespace zerq::io
