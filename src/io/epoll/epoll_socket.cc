// SPDX-License-Identifier: Apache-2.0
#include "io/epoll/epoll_socket.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace zerq::io {
namespace {

constexpr size_t kIovecsMax = 64;
// One connection's share of a turn: a fast sender may not hold the shard.
constexpr uint32_t kReceiveBytesPerTurn = 64 * 1024;

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
  DCHECK(receive_waiter_ == nullptr && body_waiter_ == nullptr && send_waiter_ == nullptr);
  loop_.forget(*this);
  if (fd_ < 0) {
    return;
  }
  if (must_reset_) {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  }
  ::close(fd_);
}

void EpollSocket::consume(size_t bytes) noexcept {
  inbox_.consume(bytes);
  if (is_watching_ && is_readable_) {
    queue_again();  // Receiving had paused at the inbox's limit.
  }
}

void EpollSocket::put_back(std::string_view bytes) noexcept {
  inbox_.put_back(loop_.buffers(), bytes);
}

void EpollSocket::watch_peer() noexcept {
  is_watching_ = true;
  if (is_readable_) {
    queue_again();
  }
}

void EpollSocket::cancel() noexcept {
  complete_receive(fail(ErrorCode::kCancelled));
  complete_body(fail(ErrorCode::kCancelled));
  if (send_waiter_ != nullptr) {
    must_not_send_ = true;  // Part of a message may be out: nothing may follow it.
    complete_send(fail(ErrorCode::kCancelled));
  }
}

void EpollSocket::shutdown_send() noexcept {
  is_send_shut_ = must_not_send_ = true;
  ::shutdown(fd_, SHUT_WR);
}

SocketAddress EpollSocket::peer_address() const noexcept {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (::getpeername(fd_, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return {};
  }
  return SocketAddress::from_sockaddr(storage);
}

int EpollSocket::release_fd() noexcept {
  DCHECK(receive_waiter_ == nullptr && body_waiter_ == nullptr && send_waiter_ == nullptr);
  DCHECK(inbox_.is_empty());
  loop_.unwatch(fd_);
  return std::exchange(fd_, -1);
}

// --- Events ---

void EpollSocket::on_events(uint32_t events) noexcept {
  const bool has_hung_up = (events & EPOLLERR) != 0 || ((events & EPOLLHUP) != 0 && !is_send_shut_);
  // HUP after our own FIN is the orderly end of both directions: reading tells which it is.
  is_dead_ |= has_hung_up && !is_connecting_;
  peer_finished_ |= (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
    is_writable_ = true;
    advance_send();
  }
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
    is_readable_ = true;
    advance_receive();
  }
}

void EpollSocket::queue_again() noexcept {
  if (!is_queued_again_) {
    is_queued_again_ = true;
    loop_.run_again(*this);
  }
}

void EpollSocket::on_again() noexcept {
  is_queued_again_ = false;
  advance_receive();
}

// --- Receiving ---

// Whether this turn's share is not used up; otherwise the rest is read in the next turn.
bool EpollSocket::may_receive() noexcept {
  if (budget_turn_ != loop_.turn_number()) {
    budget_turn_ = loop_.turn_number();
    received_in_turn_ = 0;
  }
  if (received_in_turn_ < kReceiveBytesPerTurn) {
    return true;
  }
  queue_again();
  return false;
}

// One recv. 0: none, and either is_readable_ or has_ended() changed.
size_t EpollSocket::receive_into(char* bytes, size_t room) noexcept {
  for (;;) {
    const ssize_t got = ::recv(fd_, bytes, room, 0);
    if (got > 0) {
      const auto count = static_cast<size_t>(got);
      received_in_turn_ += static_cast<uint32_t>(count);
      // A short read emptied the kernel's buffer, and the next bytes will make a new edge.
      if (count < room && !peer_finished_) {
        is_readable_ = false;
      }
      return count;
    }
    if (got == 0) {
      (is_dead_ ? is_broken_ : is_eof_) = true;
    } else if (errno == EAGAIN) {
      is_readable_ = false;
    } else if (errno == EINTR) {
      continue;
    } else {
      is_broken_ = is_dead_ = true;
    }
    return 0;
  }
}

void EpollSocket::read_to_inbox() noexcept {
  while (is_readable_ && !has_ended() && inbox_.size() < kInboxBytesMax && may_receive()) {
    const size_t room = std::min(kInboxBytesMax - inbox_.size(), EpollLoop::kScratchBytes);
    const size_t got = receive_into(loop_.scratch(), room);
    if (got > 0) {
      inbox_.append(loop_.buffers(), {loop_.scratch(), got});
    }
  }
}

// An invalid buffer: nothing there now, or has_ended().
IoBuffer EpollSocket::read_to_buffer(size_t size_hint) noexcept {
  if (!inbox_.is_empty()) {
    return inbox_.take(loop_.buffers(), size_hint);
  }
  if (!is_readable_ || has_ended() || !may_receive()) {
    return {};
  }
  IoBuffer buffer = loop_.buffers().take(std::min(size_hint, BufferPool::kLargeBytesMax));
  const MutableBytes room = buffer.room();
  const size_t got =
      receive_into(reinterpret_cast<char*>(room.data()), std::min(room.size(), size_hint));
  if (got == 0) {
    return {};
  }
  buffer.grow(got);
  return buffer;
}

void EpollSocket::advance_receive() noexcept {
  if (is_dead_ && is_eof_) {
    is_broken_ = true;  // The reset came after the FIN, which no receive can tell any more.
  }
  if (body_waiter_ != nullptr) {
    IoBuffer buffer = read_to_buffer(body_waiter_->size_hint);
    if (buffer.is_valid()) {
      complete_body(std::move(buffer));
    } else if (has_ended()) {
      complete_body(end_of_stream());
    }
    return;
  }
  if (receive_waiter_ == nullptr && !is_watching_) {
    return;
  }
  const size_t before = inbox_.size();
  read_to_inbox();
  if (receive_waiter_ == nullptr) {
    tell_sink(inbox_.size() > before);
  } else if (inbox_.size() > before) {
    complete_receive({});
  } else if (has_ended()) {
    complete_receive(end_of_stream());
  }
}

std::unexpected<Error> EpollSocket::end_of_stream() noexcept {
  told_ = is_broken_ ? Told::kReset : Told::kEof;
  return fail(is_broken_ ? ErrorCode::kReset : ErrorCode::kEof);
}

// The last thing an event does: the sink may have this socket destroyed soon.
void EpollSocket::tell_sink(bool has_new_bytes) noexcept {
  if (has_new_bytes && close_sink_ != nullptr) {
    close_sink_->on_unawaited_bytes();
  }
  const Told now = is_broken_ ? Told::kReset : is_eof_ ? Told::kEof : Told::kNothing;
  if (now > told_ && close_sink_ != nullptr) {
    told_ = now;
    close_sink_->on_peer_close(now == Told::kReset ? ErrorCode::kReset : ErrorCode::kEof);
  }
}

bool EpollSocket::begin_receive(ReceiveAwaiter& awaiter) noexcept {
  DCHECK(receive_waiter_ == nullptr && body_waiter_ == nullptr);
  is_watching_ = true;
  if (inbox_.size() >= kInboxBytesMax) {
    awaiter.result = fail(ErrorCode::kTooLarge, "inbox");
    return false;
  }
  const size_t before = inbox_.size();
  read_to_inbox();
  if (inbox_.size() > before) {
    return false;
  }
  if (has_ended()) {
    awaiter.result = end_of_stream();
    return false;
  }
  receive_waiter_ = &awaiter;
  loop_.timers().arm(receive_timer_, awaiter.deadline);
  return true;
}

bool EpollSocket::begin_body(BodyAwaiter& awaiter) noexcept {
  DCHECK(receive_waiter_ == nullptr && body_waiter_ == nullptr && awaiter.size_hint > 0);
  is_watching_ = false;
  IoBuffer buffer = read_to_buffer(awaiter.size_hint);
  if (buffer.is_valid()) {
    awaiter.result = std::move(buffer);
    return false;
  }
  if (has_ended()) {
    awaiter.result = end_of_stream();
    return false;
  }
  body_waiter_ = &awaiter;
  loop_.timers().arm(receive_timer_, awaiter.deadline);
  return true;
}

// --- Sending ---

bool EpollSocket::begin_send(SendAwaiter& awaiter) noexcept {
  DCHECK(send_waiter_ == nullptr);
  if (flush(awaiter) != Progress::kBlocked) {
    return false;
  }
  send_waiter_ = &awaiter;
  loop_.timers().arm(send_timer_, loop_.now() + awaiter.idle_limit);
  return true;
}

EpollSocket::Progress EpollSocket::finish_connect(SendAwaiter& awaiter) noexcept {
  if (!is_writable_) {
    return Progress::kBlocked;
  }
  int cause = 0;
  socklen_t size = sizeof(cause);
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &cause, &size);
  if (cause != 0) {
    must_not_send_ = true;
    awaiter.result = fail(Error{.code = ErrorCode::kRefused, .os_errno = cause});
    return Progress::kFailed;
  }
  is_connecting_ = false;
  return Progress::kWhole;
}

// Gives the kernel what it takes of the awaiter's chain; a failure is noted in the awaiter.
EpollSocket::Progress EpollSocket::flush(SendAwaiter& awaiter) noexcept {
  if (must_not_send_) {
    awaiter.result = fail(ErrorCode::kReset);
    return Progress::kFailed;
  }
  if (is_connecting_) {
    if (const Progress progress = finish_connect(awaiter); progress != Progress::kWhole) {
      return progress;
    }
  }
  BufferChain& chain = awaiter.chain;
  std::array<iovec, kIovecsMax> pieces;
  while (!chain.is_empty()) {
    if (!is_writable_) {
      return Progress::kBlocked;
    }
    const size_t count = std::min(chain.buffer_count(), kIovecsMax);
    for (size_t i = 0; i < count; ++i) {
      const MutableBytes bytes = chain.buffer(i).filled();
      pieces[i] = {.iov_base = bytes.data(), .iov_len = bytes.size()};
    }
    ssize_t sent = 0;
    if (count == 1) {  // Most answers; send() spares the kernel the copy of two structures.
      sent = ::send(fd_, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL);
    } else {
      msghdr message{};
      message.msg_iov = pieces.data();
      message.msg_iovlen = count;
      sent = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
    }
    if (sent >= 0) {
      chain.drop_front(static_cast<size_t>(sent));
    } else if (errno == EAGAIN) {
      is_writable_ = false;
    } else if (errno != EINTR) {
      is_dead_ = must_not_send_ = true;
      awaiter.result = fail(Error{.code = ErrorCode::kReset, .os_errno = errno});
      return Progress::kFailed;
    }
  }
  return Progress::kWhole;
}

void EpollSocket::advance_send() noexcept {
  if (send_waiter_ == nullptr) {
    return;
  }
  const size_t before = send_waiter_->chain.size();
  const bool was_connecting = is_connecting_;
  if (flush(*send_waiter_) != Progress::kBlocked) {
    complete_send(std::move(send_waiter_->result));
  } else if (send_waiter_->chain.size() < before || was_connecting != is_connecting_) {
    loop_.timers().arm(send_timer_, loop_.now() + send_waiter_->idle_limit);
  }
}

// --- Ends of waits ---

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
  send_waiter_ = nullptr;
  send_timer_.disarm();
  must_not_send_ = true;  // Part of a message may be out: nothing may follow it.
}

void EpollSocket::on_receive_deadline(Timer& timer) noexcept {
  EpollSocket& socket = static_cast<SocketTimer&>(timer).socket;
  socket.complete_receive(fail(ErrorCode::kTimedOut));
  socket.complete_body(fail(ErrorCode::kTimedOut));
}

void EpollSocket::on_send_deadline(Timer& timer) noexcept {
  EpollSocket& socket = static_cast<SocketTimer&>(timer).socket;
  socket.must_not_send_ = true;
  socket.complete_send(fail(ErrorCode::kTimedOut));
}

}  // namespace zerq::io
