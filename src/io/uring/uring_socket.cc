// SPDX-License-Identifier: Apache-2.0
#include "io/uring/uring_socket.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace zerq::io {

UringSocket::UringSocket(UringLoop& loop, int fd, bool is_connecting)
    : loop_(loop),
      descriptor_(new RingDescriptor{.fd = fd}),
      is_connecting_(is_connecting),
      receive_timer_(&on_receive_deadline, *this),
      send_timer_(&on_send_deadline, *this) {}

// Close = shutdown(2) → cancel → close after the last completion: a plain close with a receive
// armed would tell the peer nothing and free the number for others while data still arrives.
UringSocket::~UringSocket() {
  if (is_rearm_queued_) {
    loop_.forget_rearm(*this);
  }
  if (descriptor_->fd >= 0 && !descriptor_->must_reset && descriptor_->operations != 0) {
    ::shutdown(descriptor_->fd, SHUT_RDWR);
  }
  detach(receive_);
  detach(send_);
  if (descriptor_->operations != 0) {
    descriptor_->is_orphan = true;
    return;
  }
  if (descriptor_->fd >= 0) {
    if (descriptor_->must_reset) {
      const linger now{.l_onoff = 1, .l_linger = 0};
      ::setsockopt(descriptor_->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    }
    ::close(descriptor_->fd);
  }
  delete descriptor_;
}

void UringSocket::detach(uint32_t& operation) noexcept {
  if (operation != kNone) {
    loop_.slab().at(operation).sink = nullptr;
    loop_.cancel(operation);
    operation = kNone;
  }
}

void UringSocket::consume(size_t bytes) noexcept {
  inbox_.consume(bytes);
  if (is_watching_) {
    arm_stream();  // Receiving had paused at the inbox's limit.
  }
}

void UringSocket::put_back(std::string_view bytes) noexcept {
  DCHECK(inbox_.is_empty());
  inbox_.append(loop_.buffers(), bytes);
}

void UringSocket::watch_peer() noexcept {
  is_watching_ = true;
  arm_stream();
}

void UringSocket::cancel() noexcept {
  complete_receive(fail(ErrorCode::kCancelled));
  complete_body(fail(ErrorCode::kCancelled));
  if (send_waiter_ != nullptr) {
    is_broken_ = true;  // Part of a message may be out: nothing may follow it.
    complete_send(fail(ErrorCode::kCancelled));
    detach(send_);
  }
}

void UringSocket::shutdown_send() noexcept { ::shutdown(descriptor_->fd, SHUT_WR); }

SocketAddress UringSocket::peer_address() const noexcept {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (::getpeername(descriptor_->fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return {};
  }
  return SocketAddress::from_sockaddr(storage);
}

int UringSocket::release_fd() noexcept {
  DCHECK(receive_ == kNone && send_ == kNone && inbox_.is_empty());
  return std::exchange(descriptor_->fd, -1);
}

bool UringSocket::wants_stream() const {
  return is_watching_ && !is_eof_ && !is_broken_ && !is_connecting_ &&
         inbox_.size() < kInboxBytesMax;
}

void UringSocket::arm_stream() noexcept {
  if (receive_ == kNone && !is_rearm_queued_ && wants_stream()) {
    receive_ = loop_.submit_stream(*descriptor_, *this);
    receive_kind_ = OperationKind::kStream;
  }
}

void UringSocket::rearm_stream() noexcept {
  is_rearm_queued_ = false;
  arm_stream();
}

// The stream goes on until its terminal completion; what it still brings lands in the inbox.
void UringSocket::stop_receiving() noexcept {
  if (receive_ != kNone && !is_stopping_) {
    is_stopping_ = true;
    loop_.cancel(receive_);
  }
}

bool UringSocket::begin_receive(ReceiveAwaiter& awaiter) noexcept {
  DCHECK(receive_waiter_ == nullptr && body_waiter_ == nullptr);
  if (is_eof_ || is_broken_) {
    awaiter.result = fail(receive_error());
    return false;
  }
  if (inbox_.size() >= kInboxBytesMax) {
    awaiter.result = fail(ErrorCode::kTooLarge, "inbox");
    return false;
  }
  is_watching_ = true;
  receive_waiter_ = &awaiter;
  arm_stream();
  loop_.timers().arm(receive_timer_, awaiter.deadline);
  return true;
}

bool UringSocket::begin_body(BodyAwaiter& awaiter) noexcept {
  DCHECK(receive_waiter_ == nullptr && body_waiter_ == nullptr && awaiter.size_hint > 0);
  is_watching_ = false;
  if (!inbox_.is_empty()) {
    awaiter.result = inbox_.take(loop_.buffers(), awaiter.size_hint);
    return false;
  }
  if (is_eof_ || is_broken_) {
    awaiter.result = fail(receive_error());
    return false;
  }
  body_waiter_ = &awaiter;
  start_body();
  loop_.timers().arm(receive_timer_, awaiter.deadline);
  return true;
}

void UringSocket::start_body() noexcept {
  if (receive_ != kNone) {
    if (receive_kind_ == OperationKind::kStream) {
      stop_receiving();
    }
    return;  // A body receive of an earlier wait is still out: its bytes serve this one.
  }
  receive_ = loop_.submit_body(*descriptor_, *this, loop_.buffers().take(std::min(body_waiter_->size_hint, BufferPool::kLargeBytesMax)),
                               body_waiter_->size_hint);
  receive_kind_ = OperationKind::kBody;
}

bool UringSocket::begin_send(SendAwaiter& awaiter) noexcept {
  DCHECK(send_waiter_ == nullptr);
  if (is_broken_) {
    awaiter.result = fail(ErrorCode::kReset);
    return false;
  }
  if (!is_connecting_ && awaiter.chain.is_empty()) {
    return false;
  }
  DCHECK(send_ == kNone);
  send_waiter_ = &awaiter;
  send_ = is_connecting_ ? loop_.submit_connect_wait(*descriptor_, *this)
                         : loop_.submit_send(*descriptor_, *this, std::move(awaiter.chain));
  loop_.timers().arm(send_timer_, loop_.now() + awaiter.idle_limit);
  return true;
}

void UringSocket::on_completion(OperationKind kind, uint32_t operation, int result,
                                uint32_t flags) noexcept {
  switch (kind) {
    case OperationKind::kStream: on_stream(result, flags); break;
    case OperationKind::kBody: on_body(operation, result); break;
    case OperationKind::kSend: on_send(operation, result); break;
    case OperationKind::kConnect: on_connect(result); break;
    default: CHECK(false);
  }
}

void UringSocket::on_stream(int result, uint32_t flags) noexcept {
  if (result > 0) {
    inbox_.append(loop_.buffers(), loop_.provided_bytes(flags, result));
  }
  if ((flags & IORING_CQE_F_MORE) != 0) {
    if (inbox_.size() >= kInboxBytesMax) {
      stop_receiving();
    }
    deliver();
    return;
  }
  receive_ = kNone;
  is_stopping_ = false;
  if (result <= 0) {
    on_receive_end(result);
  }
  deliver();
  if (body_waiter_ != nullptr) {
    start_body();
  } else if (result == -ENOBUFS) {
    loop_.count_starvation();
    if (!is_rearm_queued_ && wants_stream()) {
      is_rearm_queued_ = true;
      loop_.rearm_later(*this);
    }
  } else {
    arm_stream();
  }
}

void UringSocket::on_body(uint32_t operation, int result) noexcept {
  IoBuffer buffer = std::move(loop_.slab().at(operation).buffer);
  receive_ = kNone;
  is_stopping_ = false;
  if (result > 0) {
    buffer.grow(static_cast<size_t>(result));
    if (body_waiter_ != nullptr && buffer.size() <= body_waiter_->size_hint) {
      complete_body(std::move(buffer));
    } else {
      inbox_.append(loop_.buffers(), buffer.text());  // Its wait is over: the next reader has it.
      deliver();
    }
  } else {
    on_receive_end(result);
    deliver();
  }
  if (body_waiter_ != nullptr) {
    start_body();
  } else {
    arm_stream();
  }
}

// EINTR, EAGAIN, ENOBUFS and a cancel of ours end an operation, not the connection.
void UringSocket::on_receive_end(int result) noexcept {
  if (result == 0) {
    is_eof_ = true;
  } else if (result != -ENOBUFS && result != -ECANCELED && result != -EAGAIN && result != -EINTR) {
    is_broken_ = true;
  }
}

// Tells whoever waits, or else the sink, what came.
void UringSocket::deliver() noexcept {
  const bool has_ended = is_eof_ || is_broken_;
  if (body_waiter_ != nullptr) {
    if (!inbox_.is_empty()) {
      complete_body(inbox_.take(loop_.buffers(), body_waiter_->size_hint));
    } else if (has_ended) {
      complete_body(fail(receive_error()));
    }
  } else if (receive_waiter_ != nullptr) {
    if (has_ended && inbox_.is_empty()) {
      complete_receive(fail(receive_error()));
    } else if (!inbox_.is_empty()) {
      complete_receive({});
    }
  } else if (close_sink_ != nullptr) {
    if (has_ended) {
      close_sink_->on_peer_close(receive_error());
    } else if (!inbox_.is_empty()) {
      close_sink_->on_unawaited_bytes();
    }
  }
}

void UringSocket::on_send(uint32_t operation, int result) noexcept {
  SendPayload& payload = *loop_.slab().at(operation).send;
  if (result > 0) {
    payload.chain.drop_front(static_cast<size_t>(result));
    if (!payload.chain.is_empty() && send_waiter_ != nullptr) {
      loop_.timers().arm(send_timer_, loop_.now() + send_waiter_->idle_limit);
      loop_.resubmit_send(operation);
      return;
    }
  }
  send_ = kNone;
  if (payload.chain.is_empty()) {
    complete_send({});
    return;
  }
  is_broken_ = true;
  complete_send(fail(ErrorCode::kReset));
}

void UringSocket::on_connect(int result) noexcept {
  send_ = kNone;
  int cause = 0;
  socklen_t size = sizeof(cause);
  ::getsockopt(descriptor_->fd, SOL_SOCKET, SO_ERROR, &cause, &size);
  if (result < 0 || cause != 0) {
    is_broken_ = true;
    complete_send(fail(Error{.code = ErrorCode::kRefused, .os_errno = cause}));
    return;
  }
  is_connecting_ = false;
  complete_send({});
  arm_stream();
}

void UringSocket::complete_receive(Result<> result) noexcept {
  if (ReceiveAwaiter* waiter = std::exchange(receive_waiter_, nullptr)) {
    receive_timer_.disarm();
    waiter->result = std::move(result);
    loop_.post_resume(waiter->handle);
  }
}

void UringSocket::complete_body(Result<IoBuffer> result) noexcept {
  if (BodyAwaiter* waiter = std::exchange(body_waiter_, nullptr)) {
    receive_timer_.disarm();
    waiter->result = std::move(result);
    loop_.post_resume(waiter->handle);
  }
}

void UringSocket::complete_send(Result<> result) noexcept {
  if (SendAwaiter* waiter = std::exchange(send_waiter_, nullptr)) {
    send_timer_.disarm();
    waiter->result = std::move(result);
    loop_.post_resume(waiter->handle);
  }
}

void UringSocket::abandon_receive(std::coroutine_handle<> handle) noexcept {
  if (receive_waiter_ == nullptr && body_waiter_ == nullptr) {
    loop_.forget_resume(handle);
  }
  receive_waiter_ = nullptr;
  body_waiter_ = nullptr;
  receive_timer_.disarm();
}

void UringSocket::abandon_send(std::coroutine_handle<> handle) noexcept {
  if (send_waiter_ == nullptr) {
    loop_.forget_resume(handle);
    return;
  }
  send_waiter_ = nullptr;
  send_timer_.disarm();
  is_broken_ = true;
  detach(send_);
}

void UringSocket::on_receive_deadline(Timer& timer) noexcept {
  UringSocket& socket = static_cast<SocketTimer&>(timer).socket;
  socket.complete_receive(fail(ErrorCode::kTimedOut));
  socket.complete_body(fail(ErrorCode::kTimedOut));
}

void UringSocket::on_send_deadline(Timer& timer) noexcept {
  UringSocket& socket = static_cast<SocketTimer&>(timer).socket;
  socket.is_broken_ = true;
  socket.complete_send(fail(ErrorCode::kTimedOut));
  socket.detach(socket.send_);
}

}  // namespace zerq::io
