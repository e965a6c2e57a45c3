// SPDX-License-Identifier: Apache-2.0
#include "io/uring/uring_loop.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "io/uring/uring_compat.h"
#include "io/uring/uring_listener.h"
#include "io/uring/uring_socket.h"

namespace zerq::io {
namespace {

constexpr unsigned kSubmissions = 256;
constexpr unsigned kCompletions = 8192;
// Completions of cancel requests: nobody waits for them.
constexpr uint64_t kUnwatched = ~uint64_t{0};

}  // namespace

Result<std::unique_ptr<EventLoop>> UringLoop::create(const EventLoopConfig& config,
                                                     const Clock& clock) {
  std::unique_ptr<UringLoop> loop(new UringLoop(config, clock));
  TRY(loop->start());
  return std::unique_ptr<EventLoop>(std::move(loop));
}

UringLoop::UringLoop(const EventLoopConfig& config, const Clock& clock)
    : EventLoop(config, clock), slab_(buffers()) {}

Result<> UringLoop::start() {
  if (const int error = open_ring(ring_, kSubmissions, kCompletions); error != 0) {
    return fail(Error{.code = ErrorCode::kUnsupported, .os_errno = error, .detail = "io_uring"});
  }
  is_ring_open_ = true;
  // Spares each enter the look-up of the ring's descriptor; works without.
  static_cast<void>(io_uring_register_ring_fd(&ring_));
  buffer_ring_ = register_buffer_ring(ring_, kProvidedBuffers, kBufferGroup);
  if (buffer_ring_ == nullptr) {
    return fail(Error{.code = ErrorCode::kUnsupported, .os_errno = errno, .detail = "buffer ring"});
  }
  provided_ = std::make_unique_for_overwrite<std::byte[]>(kProvidedBuffers * kProvidedBytes);
  for (unsigned i = 0; i < kProvidedBuffers; ++i) {
    give_back(i << IORING_CQE_BUFFER_SHIFT);
  }
  io_uring_buf_ring_advance(buffer_ring_, static_cast<int>(std::exchange(given_back_, 0)));
  arm_wake();
  return {};
}

UringLoop::~UringLoop() {
  destroy_leftovers();
  // Owners are gone and cancelled what they had; the kernel's half of it must end before its
  // memory does. The operation that wakes us never touches any.
  while (buffer_ring_ != nullptr && operations_in_flight() > 0) {
    wait(std::chrono::milliseconds(10));
    collect();
  }
  if (is_ring_open_) {
    io_uring_queue_exit(&ring_);
  }
  if (buffer_ring_ != nullptr) {
    unmap_buffer_ring(buffer_ring_, kProvidedBuffers);
  }
}

std::unique_ptr<TcpSocket> UringLoop::adopt_socket(int fd, bool is_connecting) {
  return std::make_unique<UringSocket>(*this, fd, is_connecting);
}

std::unique_ptr<ListenSocket> UringLoop::adopt_listener(int fd) {
  return std::make_unique<UringListener>(*this, fd);
}

// --- Submissions ---

io_uring_sqe* UringLoop::next_sqe() {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  while (sqe == nullptr) {
    io_uring_submit(&ring_);
    sqe = io_uring_get_sqe(&ring_);
  }
  return sqe;
}

void UringLoop::tell_witness(uint32_t operation) {
  if (slab_.witness() != nullptr) [[unlikely]] {
    slab_.witness()->on_submit(operation, slab_.at(operation));
  }
}

uint32_t UringLoop::submit_stream(RingDescriptor& descriptor, CompletionSink& sink) {
  const uint32_t index = slab_.take(OperationKind::kStream, &descriptor, &sink);
  io_uring_sqe* sqe = next_sqe();
  prepare_stream(sqe, descriptor.fd, kBufferGroup);
  io_uring_sqe_set_data64(sqe, slab_.user_data(index));
  return index;
}

uint32_t UringLoop::submit_body(RingDescriptor& descriptor, CompletionSink& sink,
                                size_t bytes_max) {
  const uint32_t index = slab_.take(OperationKind::kBody, &descriptor, &sink);
  IoBuffer& buffer = slab_.at(index).buffer;
  buffer = buffers().take(std::min(bytes_max, BufferPool::kLargeBytesMax));
  tell_witness(index);
  const MutableBytes room = buffer.room();
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_recv(sqe, descriptor.fd, room.data(), std::min(room.size(), bytes_max), 0);
  io_uring_sqe_set_data64(sqe, slab_.user_data(index));
  return index;
}

uint32_t UringLoop::submit_send(RingDescriptor& descriptor, CompletionSink& sink,
                                BufferChain chain) {
  const uint32_t index = slab_.take_send(&descriptor, &sink, std::move(chain));
  write_send(index);
  return index;
}

void UringLoop::resubmit_send(uint32_t operation) {
  slab_.at(operation).is_resubmitted = true;
  write_send(operation);
}

// Without MSG_WAITALL: a short send completes, which is how the socket knows that a slow peer still
// reads and restarts its limit of silence. Sends that fit the kernel's buffer are whole either way.
void UringLoop::write_send(uint32_t index) {
  tell_witness(index);
  Operation& operation = slab_.at(index);
  SendPayload& payload = *operation.send;
  io_uring_sqe* sqe = next_sqe();
  if (payload.chain.buffer_count() == 1) {
    const MutableBytes bytes = payload.chain.buffer(0).filled();
    io_uring_prep_send(sqe, operation.descriptor->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  } else {
    const size_t count = std::min(payload.chain.buffer_count(), SendPayload::kIovecsMax);
    payload.pieces.resize(count);
    for (size_t i = 0; i < count; ++i) {
      const MutableBytes bytes = payload.chain.buffer(i).filled();
      payload.pieces[i] = {.iov_base = bytes.data(), .iov_len = bytes.size()};
    }
    payload.message = msghdr{};
    payload.message.msg_iov = payload.pieces.data();
    payload.message.msg_iovlen = count;
    io_uring_prep_sendmsg(sqe, operation.descriptor->fd, &payload.message, MSG_NOSIGNAL);
  }
  io_uring_sqe_set_data64(sqe, slab_.user_data(index));
}

uint32_t UringLoop::submit_connect_wait(RingDescriptor& descriptor, CompletionSink& sink) {
  const uint32_t index = slab_.take(OperationKind::kConnect, &descriptor, &sink);
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_poll_add(sqe, descriptor.fd, POLLOUT);
  io_uring_sqe_set_data64(sqe, slab_.user_data(index));
  return index;
}

// Multishot: a poll always asks for RDHUP too, so that a single one would end with the FIN.
uint32_t UringLoop::submit_hang_up_wait(RingDescriptor& descriptor, CompletionSink& sink) {
  const uint32_t index = slab_.take(OperationKind::kHangUp, &descriptor, &sink);
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_poll_multishot(sqe, descriptor.fd, POLLHUP);
  io_uring_sqe_set_data64(sqe, slab_.user_data(index));
  return index;
}

uint32_t UringLoop::submit_accept(RingDescriptor& descriptor, CompletionSink& sink) {
  const uint32_t index = slab_.take(OperationKind::kAccept, &descriptor, &sink);
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_accept(sqe, descriptor.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  io_uring_sqe_set_data64(sqe, slab_.user_data(index));
  return index;
}

void UringLoop::abandon(uint32_t operation) {
  slab_.at(operation).sink = nullptr;
  cancel(operation);
}

void UringLoop::cancel(uint32_t operation) {
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_cancel64(sqe, slab_.user_data(operation), 0);
  sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
  io_uring_sqe_set_data64(sqe, kUnwatched);
}

// Each write to the eventfd completes the poll once, though nobody reads the counter.
void UringLoop::arm_wake() {
  const uint32_t index = slab_.take(OperationKind::kWake, nullptr, this);
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_poll_multishot(sqe, wake_fd(), POLLIN);
  io_uring_sqe_set_data64(sqe, slab_.user_data(index));
}

void UringLoop::on_completion(OperationKind, uint32_t, int, uint32_t flags) noexcept {
  if ((flags & IORING_CQE_F_MORE) == 0) {
    arm_wake();
  }
}

// --- Provided buffers ---

std::string_view UringLoop::provided_bytes(uint32_t flags, int bytes) const {
  const unsigned id = flags >> IORING_CQE_BUFFER_SHIFT;
  return {reinterpret_cast<const char*>(provided_.get()) + id * kProvidedBytes,
          static_cast<size_t>(bytes)};
}

void UringLoop::give_back(uint32_t flags) {
  const unsigned id = flags >> IORING_CQE_BUFFER_SHIFT;
  io_uring_buf_ring_add(buffer_ring_, provided_.get() + id * kProvidedBytes, kProvidedBytes,
                        static_cast<unsigned short>(id), io_uring_buf_ring_mask(kProvidedBuffers),
                        static_cast<int>(given_back_));
  ++given_back_;
}

void UringLoop::run_again(UringSocket& socket) { again_.push_back(&socket); }

void UringLoop::forget(UringSocket& socket) noexcept {
  std::ranges::replace(again_, &socket, nullptr);
  std::ranges::replace(running_again_, &socket, nullptr);
}

// --- Completions ---

void UringLoop::wait(Duration max_wait) {
  if (max_wait <= Duration{} || !again_.empty()) {
    io_uring_submit_and_get_events(&ring_);
    return;
  }
  __kernel_timespec limit{.tv_sec = max_wait.count() / 1'000'000'000,
                          .tv_nsec = max_wait.count() % 1'000'000'000};
  io_uring_cqe* first = nullptr;
  io_uring_submit_and_wait_timeout(&ring_, &first, 1, &limit, nullptr);
}

void UringLoop::collect() {
  if ((IO_URING_READ_ONCE(*ring_.sq.kflags) & IORING_SQ_CQ_OVERFLOW) != 0) {
    ++completion_overflows_;
  }
  io_uring_cqe* cqe = nullptr;
  unsigned head = 0;
  unsigned seen = 0;
  io_uring_for_each_cqe(&ring_, head, cqe) {
    ++seen;
    complete(io_uring_cqe_get_data64(cqe), cqe->res, cqe->flags);
  }
  io_uring_cq_advance(&ring_, seen);
  if (given_back_ != 0) {
    io_uring_buf_ring_advance(buffer_ring_, static_cast<int>(std::exchange(given_back_, 0)));
  }
  running_again_.swap(again_);
  for (size_t i = 0; i < running_again_.size(); ++i) {
    if (UringSocket* socket = running_again_[i]) {
      socket->on_again();
    }
  }
  running_again_.clear();
}

void UringLoop::complete(uint64_t user_data, int result, uint32_t flags) {
  Operation* operation = user_data == kUnwatched ? nullptr : slab_.find(user_data);
  if (operation != nullptr) {
    const auto index = static_cast<uint32_t>(user_data);
    const bool is_terminal = (flags & IORING_CQE_F_MORE) == 0;
    if (slab_.witness() != nullptr && is_terminal) [[unlikely]] {
      slab_.witness()->on_terminal(index, *operation, result);
    }
    if (operation->sink != nullptr) {
      operation->sink->on_completion(operation->kind, index, result, flags);
    } else if (operation->kind == OperationKind::kAccept && result >= 0) {
      ::close(result);  // Accepted for a listener that is gone.
    }
    if (is_terminal && !std::exchange(operation->is_resubmitted, false)) {
      slab_.free(index);
    }
  }
  if ((flags & IORING_CQE_F_BUFFER) != 0) {
    give_back(flags);
  }
}

}  // namespace zerq::io
