// SPDX-License-Identifier: Apache-2.0
#include "io/epoll/epoll_socket.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace zerq::io {
namespace {

constexpr size_t kIovecsMax = 64;

}  // namespace

EpollSocket::EpollSocket(EpollLoop& loop, int fd, bool is_connecting)
    : loop_(loop),
      fd_(fd),
      is_connecting_(is_connecting),
      is_writable_(!is_connecting),
      receive_timer_(&on_receive_deadline, *this),
      send_timer_(&on_send_deadline, *this) {
  loop_.watch(fd_, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, *this);
}

EpollSocket::~EpollSocket() {
  if (fd_ < 0) {
    return;
  }
  loop_.unwatch(fd_, *this);
  if (must_reset_) {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  }
  ::close(fd_);
}

void EpollSocket::consume(size_t bytes) noexcept {
  inbox_.consume(bytes);
  if (is_watching_ && is_readable_ && !is_queued_again_) {
    is_queued_again_ = true;  // Receiving had paused at the inbox's limit.
    loop_.run_again(*this);
  }
}

void EpollSocket::put_back(std::string_view bytes) noexcept {
  DCHECK(inbox_.is_empty());
  inbox_.append(loop_.buffers(), bytes);
}

void EpollSocket::watch_peer() noexcept {
  is_watching_ = true;
  if (is_readable_ && !is_queued_again_) {
    is_queued_again_ = true;
    loop_.run_again(*this);
  }
}

void EpollSocket::cancel() noexcept {
  complete_receive(fail(ErrorCode::kCancelled));
  complete_body(fail(ErrorCode::kCancelled));
  complete_send(fail(ErrorCode::kCancelled));
}

void EpollSocket::shutdown_send() noexcept { ::shutdown(fd_, SHUT_WR); }

SocketAddress EpollSocket::peer_address() const noexcept {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (::getpeername(fd_, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return {};
  }
  return SocketAddress::from_sockaddr(storage);
}

int EpollSocket::release_fd() noexcept {
  DCHECK(receive_waiter_ == nullptr && send_waiter_ == nullptr && inbox_.is_empty());
  loop_.unwatch(fd_, *this);
  return std::exchange(fd_, -1);
}

void EpollSocket::on_events(uint32_t events) noexcept {
  if ((events & EPOLLRDHUP) != 0) {
    peer_finished_ = true;
  }
  if ((events & EPOLLOUT) != 0) {
    is_writable_ = true;
    advance_send();
  }
  if ((events & (EPOLLIN | EPOLLRDHUP)) != 0) {
    is_readable_ = true;
    advance_receive();
  }
  if ((events & (EPOLLERR | EPOLLHUP)) != 0 && !is_connecting_) {
    on_broken();
  }
}

void EpollSocket::on_again() noexcept {
  is_queued_again_ = false;
  advance_receive();
}

void EpollSocket::advance_receive() noexcept {
  if (body_waiter_ != nullptr) {
    Result<IoBuffer> got = try_body(body_waiter_->size_hint);
    if (got.has_value() ? got->is_valid() : true) {
      complete_body(std::move(got));
    }
    return;
  }
  if (receive_waiter_ == nullptr && !is_watching_) {
    return;
  }
  const size_t before = inbox_.size();
  read_to_inbox();
  if (receive_waiter_ != nullptr) {
    if (inbox_.size() > before) {
      complete_receive({});
    } else if (is_eof_ || is_broken_) {
      complete_receive(fail(receive_error()));
    }
  } else if ((is_eof_ || is_broken_) && close_sink_ != nullptr) {
    PeerCloseSink* sink = close_sink_;
    if (is_broken_) {
      close_sink_ = nullptr;
    }
    sink->on_peer_close(receive_error());
  } else if (inbox_.size() > before && close_sink_ != nullptr) {
    close_sink_->on_unawaited_bytes();
  }
}

// Reads until the kernel has no more, the inbox is full, or this turn's share is used up.
void EpollSocket::read_to_inbox() noexcept {
  while (is_readable_ && !is_eof_ && !is_broken_ && inbox_.size() < kInboxBytesMax) {
    const size_t room = std::min(kInboxBytesMax - inbox_.size(), EpollLoop::kScratchBytes);
    const ssize_t got = ::recv(fd_, loop_.scratch(), room, 0);
    if (got > 0) {
      inbox_.append(loop_.buffers(), {loop_.scratch(), static_cast<size_t>(got)});
      // A short read emptied the kernel's buffer, and the next bytes will make a new edge.
      if (static_cast<size_t>(got) < room && !peer_finished_) {
        is_readable_ = false;
      }
    } else if (got == 0) {
      is_eof_ = true;
    } else if (errno == EAGAIN) {
      is_readable_ = false;
    } else if (errno != EINTR) {
      is_broken_ = true;
    }
  }
}

// An invalid buffer: nothing there now.
Result<IoBuffer> EpollSocket::try_body(size_t size_hint) noexcept {
  if (!inbox_.is_empty()) {
    return inbox_.take(loop_.buffers(), size_hint);
  }
  if (is_eof_ || is_broken_) {
    return fail(receive_error());
  }
  while (is_readable_) {
    IoBuffer buffer = loop_.buffers().take(std::min(size_hint, BufferPool::kLargeBytesMax));
    const size_t room = std::min(buffer.room().size(), size_hint);
    const ssize_t got = ::recv(fd_, buffer.room().data(), room, 0);
    if (got > 0) {
      buffer.grow(static_cast<size_t>(got));
      if (static_cast<size_t>(got) < room && !peer_finished_) {
        is_readable_ = false;
      }
      return buffer;
    }
    if (got == 0) {
      is_eof_ = true;
      return fail(ErrorCode::kEof);
    }
    if (errno == EAGAIN) {
      is_readable_ = false;
    } else if (errno != EINTR) {
      is_broken_ = true;
      return fail(ErrorCode::kReset);
    }
  }
  return IoBuffer();
}

bool EpollSocket::begin_receive(ReceiveAwaiter& awaiter) noexcept {
  DCHECK(receive_waiter_ == nullptr && body_waiter_ == nullptr);
  is_watching_ = true;
  const size_t before = inbox_.size();
  read_to_inbox();
  if (inbox_.size() > before) {
    return false;
  }
  if (is_eof_ || is_broken_) {
    awaiter.result = fail(receive_error());
    return false;
  }
  if (inbox_.size() >= kInboxBytesMax) {
    awaiter.result = fail(ErrorCode::kTooLarge, "inbox");
    return false;
  }
  receive_waiter_ = &awaiter;
  loop_.timers().arm(receive_timer_, awaiter.deadline);
  return true;
}

bool EpollSocket::begin_body(BodyAwaiter& awaiter) noexcept {
  DCHECK(receive_waiter_ == nullptr && body_waiter_ == nullptr && awaiter.size_hint > 0);
  is_watching_ = false;
  Result<IoBuffer> got = try_body(awaiter.size_hint);
  if (!got.has_value() || got->is_valid()) {
    awaiter.result = std::move(got);
    return false;
  }
  body_waiter_ = &awaiter;
  loop_.timers().arm(receive_timer_, awaiter.deadline);
  return true;
}

bool EpollSocket::begin_send(SendAwaiter& awaiter) noexcept {
  DCHECK(send_waiter_ == nullptr);
  send_waiter_ = &awaiter;
  const ErrorCode error = flush();
  if (!awaiter.chain.is_empty() && error == ErrorCode::kUnavailable) {
    loop_.timers().arm(send_timer_, loop_.now() + awaiter.idle_limit);
    return true;
  }
  if (is_connecting_ && error == ErrorCode::kUnavailable) {
    loop_.timers().arm(send_timer_, loop_.now() + awaiter.idle_limit);
    return true;
  }
  send_waiter_ = nullptr;
  if (error != ErrorCode::kEof) {
    awaiter.result = fail(Error{.code = error, .os_errno = connect_errno_});
  }
  return false;
}

// kEof: all was taken by the kernel. kUnavailable: it takes no more now. Else what broke.
ErrorCode EpollSocket::flush() noexcept {
  if (is_broken_) {
    return ErrorCode::kReset;
  }
  if (is_connecting_) {
    if (!is_writable_) {
      return ErrorCode::kUnavailable;
    }
    int cause = 0;
    socklen_t size = sizeof(cause);
    ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &cause, &size);
    if (cause != 0) {
      connect_errno_ = cause;
      return ErrorCode::kRefused;
    }
    is_connecting_ = false;
  }
  BufferChain& chain = send_waiter_->chain;
  while (!chain.is_empty()) {
    if (!is_writable_) {
      return ErrorCode::kUnavailable;
    }
    std::array<iovec, kIovecsMax> pieces;
    const size_t count = std::min(chain.buffer_count(), kIovecsMax);
    for (size_t i = 0; i < count; ++i) {
      const MutableBytes bytes = chain.buffer(i).filled();
      pieces[i] = {.iov_base = bytes.data(), .iov_len = bytes.size()};
    }
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (sent >= 0) {
      chain.drop_front(static_cast<size_t>(sent));
    } else if (errno == EAGAIN) {
      is_writable_ = false;
    } else if (errno != EINTR) {
      is_broken_ = true;
      return ErrorCode::kReset;
    }
  }
  return ErrorCode::kEof;
}

void EpollSocket::advance_send() noexcept {
  if (send_waiter_ == nullptr) {
    return;
  }
  const size_t before = send_waiter_->chain.size();
  const ErrorCode error = flush();
  if (error == ErrorCode::kUnavailable) {
    if (send_waiter_->chain.size() < before) {
      loop_.timers().arm(send_timer_, loop_.now() + send_waiter_->idle_limit);
    }
    return;
  }
  complete_send(error == ErrorCode::kEof
                    ? Result<>()
                    : Result<>(fail(Error{.code = error, .os_errno = connect_errno_})));
}

// RST, or both directions closed: nothing more can be exchanged.
void EpollSocket::on_broken() noexcept {
  if (is_broken_ && close_sink_ == nullptr) {
    return;
  }
  is_broken_ = true;
  complete_send(fail(ErrorCode::kReset));
  const bool was_awaited = receive_waiter_ != nullptr || body_waiter_ != nullptr;
  complete_receive(fail(ErrorCode::kReset));
  complete_body(fail(ErrorCode::kReset));
  if (PeerCloseSink* sink = std::exchange(close_sink_, nullptr); sink != nullptr && !was_awaited) {
    sink->on_peer_close(ErrorCode::kReset);
  }
}

void EpollSocket::complete_receive(Result<> result) noexcept {
  if (ReceiveAwaiter* waiter = std::exchange(receive_waiter_, nullptr)) {
    receive_timer_.disarm();
    waiter->result = std::move(result);
    loop_.post_resume(waiter->handle);
  }
}

void EpollSocket::complete_body(Result<IoBuffer> result) noexcept {
  if (BodyAwaiter* waiter = std::exchange(body_waiter_, nullptr)) {
    receive_timer_.disarm();
    waiter->result = std::move(result);
    loop_.post_resume(waiter->handle);
  }
}

void EpollSocket::complete_send(Result<> result) noexcept {
  if (SendAwaiter* waiter = std::exchange(send_waiter_, nullptr)) {
    send_timer_.disarm();
    waiter->result = std::move(result);
    loop_.post_resume(waiter->handle);
  }
}

void EpollSocket::abandon_receive(std::coroutine_handle<> handle) noexcept {
  if (receive_waiter_ == nullptr && body_waiter_ == nullptr) {
    loop_.forget_resume(handle);
  }
  receive_waiter_ = nullptr;
  body_waiter_ = nullptr;
  receive_timer_.disarm();
}

void EpollSocket::abandon_send(std::coroutine_handle<> handle) noexcept {
  if (send_waiter_ == nullptr) {
    loop_.forget_resume(handle);
    return;
  }
  // Part of a message may be out: nothing may follow it.
  send_waiter_ = nullptr;
  send_timer_.disarm();
  is_broken_ = true;
}

void EpollSocket::on_receive_deadline(Timer& timer) noexcept {
  EpollSocket& socket = static_cast<SocketTimer&>(timer).socket;
  socket.complete_receive(fail(ErrorCode::kTimedOut));
  socket.complete_body(fail(ErrorCode::kTimedOut));
}

void EpollSocket::on_send_deadline(Timer& timer) noexcept {
  EpollSocket& socket = static_cast<SocketTimer&>(timer).socket;
  socket.complete_send(fail(ErrorCode::kTimedOut));
}

}  // namespace zerq::io
