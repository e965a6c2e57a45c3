// SPDX-License-Identifier: Apache-2.0
#include "io/uring/uring_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace zerq::io {
namespace {

// A body that is expected to be this short arrives through the stream that is armed anyway: to
// cancel that would cost more than the copy.
constexpr size_t kStreamedBodyBytes = 16 * 1024;

}  // namespace

UringSocket::UringSocket(UringLoop& loop, int fd, bool is_connecting)
    : loop_(loop),
      descriptor_(new RingDescriptor{.fd = fd}),
      is_connecting_(is_connecting),
      receive_timer_(&on_receive_deadline, *this),
      send_timer_(&on_send_deadline, *this) {}

// Close = shutdown(2) → cancel → close after the last completion: a plain close with a receive
// armed would tell the peer nothing and free the number for others while data still arrives.
UringSocket::~UringSocket() {
  DCHECK(receive_waiter_ == nullptr && body_waiter_ == nullptr && send_waiter_ == nullptr);
  if (is_queued_again_) {
    loop_.forget(*this);
  }
  if (descriptor_->operations != 0 && !descriptor_->must_reset) {
    ::shutdown(descriptor_->fd, SHUT_RDWR);
  }
  abandon(receive_);
  abandon(send_);
  abandon(hang_up_);
  orphan(descriptor_);
}

void UringSocket::abandon(uint32_t& operation) noexcept {
  if (operation != kNone) {
    loop_.abandon(std::exchange(operation, kNone));
  }
}

void UringSocket::consume(size_t bytes) noexcept {
  inbox_.consume(bytes);
  if (is_watching_) {
    arm_stream();  // Receiving had paused at the inbox's limit.
  }
}

void UringSocket::put_back(std::string_view bytes) noexcept {
  inbox_.put_back(loop_.buffers(), bytes);
}

void UringSocket::watch_peer() noexcept {
  is_watching_ = true;
  if (has_ended()) {
    queue_again();  // It left before it was watched.
  } else {
    arm_stream();
  }
}

void UringSocket::cancel() noexcept {
  complete_receive(fail(ErrorCode::kCancelled));
  complete_body(fail(ErrorCode::kCancelled));
  if (send_waiter_ != nullptr) {
    give_up_send(ErrorCode::kCancelled);
  }
}

void UringSocket::shutdown_send() noexcept {
  is_send_shut_ = must_not_send_ = true;
  ::shutdown(descriptor_->fd, SHUT_WR);
}

SocketAddress UringSocket::peer_address() const noexcept {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (::getpeername(descriptor_->fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return {};
  }
  return SocketAddress::from_sockaddr(storage);
}

int UringSocket::release_fd() noexcept {
  DCHECK(descriptor_->operations == 0 && inbox_.is_empty());
  return std::exchange(descriptor_->fd, -1);
}

void UringSocket::on_completion(OperationKind kind, uint32_t operation, int result,
                                uint32_t flags) noexcept {
  switch (kind) {
    case OperationKind::kStream: on_stream(result, flags); break;
    case OperationKind::kBody: on_body(operation, result); break;
    case OperationKind::kSend: on_send(operation, result); break;
    case OperationKind::kConnect: on_connect(); break;
    case OperationKind::kHangUp: on_hang_up(result, flags); break;
    default: CHECK(false);
  }
}

void UringSocket::queue_again() noexcept {
  if (!is_queued_again_) {
    is_queued_again_ = true;
    loop_.run_again(*this);
  }
}

void UringSocket::on_again() noexcept {
  is_queued_again_ = false;
  if (has_ended()) {
    arm_hang_up();
    deliver(false);
  } else {
    arm_stream();
  }
}

// --- Receiving ---

void UringSocket::arm_stream() noexcept {
  if (receive_ == kNone && is_watching_ && !is_queued_again_ && !is_connecting_ && !has_ended() &&
      inbox_.size() < kInboxBytesMax) {
    receive_ = loop_.submit_stream(*descriptor_, *this);
    is_streaming_ = true;
  }
}

// After a FIN no receive is armed, so that nothing else would tell of a reset.
void UringSocket::arm_hang_up() noexcept {
  if (hang_up_ == kNone && is_watching_ && is_eof_ && !is_broken_) {
    hang_up_ = loop_.submit_hang_up_wait(*descriptor_, *this);
  }
}

void UringSocket::on_hang_up(int result, uint32_t flags) noexcept {
  if ((flags & IORING_CQE_F_MORE) == 0) {
    hang_up_ = kNone;
  }
  // HUP after our own FIN is the orderly end of both directions.
  const int reset = is_send_shut_ ? POLLERR : POLLERR | POLLHUP;
  if (result > 0 && (result & reset) != 0) {
    is_broken_ = true;
    abandon(hang_up_);
    deliver(false);
  }
}

// The operation goes on until its terminal completion; what it still brings lands in the inbox.
void UringSocket::stop_receiving() noexcept {
  if (receive_ != kNone && !is_stopping_) {
    is_stopping_ = true;
    loop_.cancel(receive_);
  }
}

bool UringSocket::begin_receive(ReceiveAwaiter& awaiter) noexcept {
  DCHECK(receive_waiter_ == nullptr && body_waiter_ == nullptr);
  is_watching_ = true;
  if (inbox_.size() >= kInboxBytesMax) {
    awaiter.result = fail(ErrorCode::kTooLarge, "inbox");
    return false;
  }
  if (has_ended()) {
    awaiter.result = end_of_stream();
    return false;
  }
  receive_waiter_ = &awaiter;
  size_at_wait_ = static_cast<uint32_t>(inbox_.size());
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
  if (has_ended()) {
    awaiter.result = end_of_stream();
    return false;
  }
  body_waiter_ = &awaiter;
  start_body();
  loop_.timers().arm(receive_timer_, awaiter.deadline);
  return true;
}

void UringSocket::start_body() noexcept {
  if (receive_ == kNone) {
    receive_ = loop_.submit_body(*descriptor_, *this, body_waiter_->size_hint);
    is_streaming_ = false;
  } else if (is_streaming_ && body_waiter_->size_hint > kStreamedBodyBytes) {
    stop_receiving();
  }
  // Else a receive of an earlier wait is out, or a stream: its bytes serve this wait.
}

void UringSocket::on_stream(int result, uint32_t flags) noexcept {
  if (result > 0) {
    inbox_.append(loop_.buffers(), loop_.provided_bytes(flags, result));
  }
  if ((flags & IORING_CQE_F_MORE) != 0) {
    if (inbox_.size() >= kInboxBytesMax) {
      stop_receiving();
    }
    deliver(result > 0);
    return;
  }
  receive_ = kNone;
  is_stopping_ = false;
  if (result == -ENOBUFS) {
    loop_.count_starvation();
    if (body_waiter_ == nullptr) {
      queue_again();  // Buffers are back after these completions, not before.
    }
  } else if (result <= 0) {
    note_end(result);
  }
  deliver(result > 0);
  if (body_waiter_ != nullptr) {
    start_body();
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
    if (body_waiter_ != nullptr && inbox_.is_empty() && buffer.size() <= body_waiter_->size_hint) {
      complete_body(std::move(buffer));
    } else {
      inbox_.append(loop_.buffers(), buffer.text());  // Its wait is over: the next reader has it.
    }
  } else {
    note_end(result);
  }
  deliver(result > 0);
  if (body_waiter_ != nullptr) {
    start_body();
  } else {
    arm_stream();
  }
}

// EINTR, EAGAIN and a cancel of ours end an operation, not the connection.
void UringSocket::note_end(int result) noexcept {
  if (result == 0) {
    is_eof_ = true;
    arm_hang_up();
  } else if (result != -ECANCELED && result != -EAGAIN && result != -EINTR) {
    is_broken_ = true;
  }
}

// Tells whoever waits, or else the sink, what came.
void UringSocket::deliver(bool has_new_bytes) noexcept {
  if (body_waiter_ != nullptr) {
    if (!inbox_.is_empty()) {
      complete_body(inbox_.take(loop_.buffers(), body_waiter_->size_hint));
    } else if (has_ended()) {
      complete_body(end_of_stream());
    }
  } else if (receive_waiter_ != nullptr) {
    if (inbox_.size() > size_at_wait_) {
      complete_receive({});
    } else if (has_ended()) {
      complete_receive(end_of_stream());
    }
  } else if (is_watching_) {
    tell_sink(has_new_bytes);
  }
}

std::unexpected<Error> UringSocket::end_of_stream() noexcept {
  told_ = is_broken_ ? Told::kReset : Told::kEof;
  return fail(is_broken_ ? ErrorCode::kReset : ErrorCode::kEof);
}

void UringSocket::tell_sink(bool has_new_bytes) noexcept {
  if (has_new_bytes && close_sink_ != nullptr) {
    close_sink_->on_unawaited_bytes();
  }
  const Told now = is_broken_ ? Told::kReset : is_eof_ ? Told::kEof : Told::kNothing;
  if (now > told_ && close_sink_ != nullptr) {
    told_ = now;
    close_sink_->on_peer_close(now == Told::kReset ? ErrorCode::kReset : ErrorCode::kEof);
  }
}

// --- Sending ---

bool UringSocket::begin_send(SendAwaiter& awaiter) noexcept {
  DCHECK(send_waiter_ == nullptr);
  if (must_not_send_ || is_broken_) {
    awaiter.result = fail(ErrorCode::kReset);
    return false;
  }
  if (is_connecting_) {
    send_ = loop_.submit_connect_wait(*descriptor_, *this);
  } else if (awaiter.chain.is_empty()) {
    return false;
  } else {
    send_ = loop_.submit_send(*descriptor_, *this, std::move(awaiter.chain));
  }
  send_waiter_ = &awaiter;
  arm_send_deadline();
  return true;
}

void UringSocket::on_send(uint32_t operation, int result) noexcept {
  BufferChain& chain = loop_.slab().at(operation).send->chain;
  if (result > 0) {
    chain.drop_front(static_cast<size_t>(result));
    if (!chain.is_empty() && send_waiter_ != nullptr) {
      loop_.resubmit_send(operation);
      arm_send_deadline();
      return;
    }
  }
  send_ = kNone;
  if (chain.is_empty()) {
    complete_send({});
    return;
  }
  must_not_send_ = true;
  complete_send(fail(Error{.code = ErrorCode::kReset, .os_errno = -result}));
}

void UringSocket::on_connect() noexcept {
  send_ = kNone;
  int cause = 0;
  socklen_t size = sizeof(cause);
  ::getsockopt(descriptor_->fd, SOL_SOCKET, SO_ERROR, &cause, &size);
  if (cause != 0) {
    must_not_send_ = true;
    complete_send(fail(Error{.code = ErrorCode::kRefused, .os_errno = cause}));
    return;
  }
  is_connecting_ = false;
  arm_stream();
  if (send_waiter_ == nullptr || send_waiter_->chain.is_empty()) {
    complete_send({});
    return;
  }
  send_ = loop_.submit_send(*descriptor_, *this, std::move(send_waiter_->chain));
  arm_send_deadline();
}

void UringSocket::arm_send_deadline() noexcept {
  loop_.timers().arm(send_timer_, loop_.now() + send_waiter_->idle_limit);
}

void UringSocket::on_send_deadline(Timer& timer) noexcept {
  static_cast<SocketTimer&>(timer).socket.give_up_send(ErrorCode::kTimedOut);
}

// Part of a message may be out: nothing may follow it.
void UringSocket::give_up_send(ErrorCode why) noexcept {
  must_not_send_ = true;
  abandon(send_);
  complete_send(fail(why));
}

// --- Ends of waits ---

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
  must_not_send_ = true;  // Part of a message may be out: nothing may follow it.
  abandon(send_);
}

void UringSocket::on_receive_deadline(Timer& timer) noexcept {
  UringSocket& socket = static_cast<SocketTimer&>(timer).socket;
  socket.complete_receive(fail(ErrorCode::kTimedOut));
  socket.complete_body(fail(ErrorCode::kTimedOut));
}

}  // namespace zerq::io
