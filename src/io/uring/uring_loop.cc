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
constexpr size_t kProvidedBytes = 4096;
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
    : EventLoop(config, clock) {}

Result<> UringLoop::start() {
  io_uring_params params{};
  // SINGLE_ISSUER and DEFER_TASKRUN: completions run when we ask for them, on this thread.
  // SUBMIT_ALL: one bad submission must not hold back those of other connections.
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                 IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE;
  params.cq_entries = kCompletions;
  if (const int error = io_uring_queue_init_params(kSubmissions, &ring_, &params); error != 0) {
    return fail(Error{.code = ErrorCode::kUnsupported, .os_errno = -error, .detail = "io_uring"});
  }
  is_ring_open_ = true;
  buffer_ring_ = register_buffer_ring(ring_, kBuffers, kBufferGroup);
  if (buffer_ring_ == nullptr) {
    return fail(
        Error{.code = ErrorCode::kUnsupported, .os_errno = errno, .detail = "buffer ring"});
  }
  provided_ = std::make_unique<std::byte[]>(kBuffers * kProvidedBytes);
  for (unsigned i = 0; i < kBuffers; ++i) {
    io_uring_buf_ring_add(buffer_ring_, provided_.get() + i * kProvidedBytes, kProvidedBytes,
                          static_cast<unsigned short>(i), io_uring_buf_ring_mask(kBuffers),
                          static_cast<int>(i));
  }
  io_uring_buf_ring_advance(buffer_ring_, kBuffers);
  arm_wake();
  return {};
}

UringLoop::~UringLoop() {
  destroy_dead();
  // Owners are gone; the kernel's half of their operations ends before the ring does. The wake
  // operation is the one that stays.
  const Instant deadline = clock().now() + std::chrono::seconds(5);
  while (is_ring_open_ && slab_.in_flight() > 1 && clock().now() < deadline) {
    wait_and_collect(std::chrono::milliseconds(10));
  }
  if (buffer_ring_ != nullptr) {
    unmap_buffer_ring(buffer_ring_, kBuffers);
  }
  if (is_ring_open_) {
    io_uring_queue_exit(&ring_);
  }
}

std::unique_ptr<TcpSocket> UringLoop::adopt_socket(int fd, bool is_connecting) {
  return std::make_unique<UringSocket>(*this, fd, is_connecting);
}

std::unique_ptr<ListenSocket> UringLoop::adopt_listener(int fd) {
  return std::make_unique<UringListener>(*this, fd);
}

io_uring_sqe* UringLoop::next_sqe() {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  while (sqe == nullptr) {
    io_uring_submit(&ring_);
    sqe = io_uring_get_sqe(&ring_);
  }
  return sqe;
}

uint32_t UringLoop::submit_stream(RingDescriptor& descriptor, CompletionSink& sink) {
  const uint32_t index = slab_.take(OperationKind::kStream, &descriptor, &sink);
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_recv_multishot(sqe, descriptor.fd, nullptr, 0, 0);
  sqe->flags |= IOSQE_BUFFER_SELECT;
  sqe->buf_group = kBufferGroup;
  io_uring_sqe_set_data64(sqe, slab_.user_data(index));
  return index;
}

uint32_t UringLoop::submit_body(RingDescriptor& descriptor, CompletionSink& sink, IoBuffer buffer,
                                size_t bytes_max) {
  const uint32_t index = slab_.take(OperationKind::kBody, &descriptor, &sink);
  Operation& operation = slab_.at(index);
  operation.buffer = std::move(buffer);
  const MutableBytes room = operation.buffer.room();
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_recv(sqe, descriptor.fd, room.data(), std::min(room.size(), bytes_max), 0);
  io_uring_sqe_set_data64(sqe, slab_.user_data(index));
  return index;
}

uint32_t UringLoop::submit_send(RingDescriptor& descriptor, CompletionSink& sink,
                                BufferChain chain) {
  const uint32_t index = slab_.take(OperationKind::kSend, &descriptor, &sink);
  slab_.at(index).send = std::make_unique<SendPayload>(buffers());
  slab_.at(index).send->chain = std::move(chain);
  write_send(index);
  return index;
}

void UringLoop::resubmit_send(uint32_t operation) {
  slab_.at(operation).is_resubmitted = true;
  write_send(operation);
}

// MSG_WAITALL: the kernel itself goes on after a short send.
void UringLoop::write_send(uint32_t index) {
  Operation& operation = slab_.at(index);
  SendPayload& payload = *operation.send;
  io_uring_sqe* sqe = next_sqe();
  constexpr int kFlags = MSG_NOSIGNAL | MSG_WAITALL;
  if (payload.chain.buffer_count() == 1) {
    const MutableBytes bytes = payload.chain.buffer(0).filled();
    io_uring_prep_send(sqe, operation.descriptor->fd, bytes.data(), bytes.size(), kFlags);
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
    io_uring_prep_sendmsg(sqe, operation.descriptor->fd, &payload.message, kFlags);
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

uint32_t UringLoop::submit_accept(RingDescriptor& descriptor, CompletionSink& sink) {
  const uint32_t index = slab_.take(OperationKind::kAccept, &descriptor, &sink);
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_accept(sqe, descriptor.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  io_uring_sqe_set_data64(sqe, slab_.user_data(index));
  return index;
}

void UringLoop::cancel(uint32_t operation) {
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_cancel64(sqe, slab_.user_data(operation), 0);
  io_uring_sqe_set_data64(sqe, kUnwatched);
}

void UringLoop::arm_wake() {
  const uint32_t index = slab_.take(OperationKind::kWake, nullptr, this);
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_read(sqe, wake_fd(), &wake_count_, sizeof(wake_count_), 0);
  io_uring_sqe_set_data64(sqe, slab_.user_data(index));
}

void UringLoop::on_completion(OperationKind, uint32_t, int, uint32_t) noexcept { arm_wake(); }

std::string_view UringLoop::provided_bytes(uint32_t flags, int bytes) const {
  const unsigned id = flags >> IORING_CQE_BUFFER_SHIFT;
  return {reinterpret_cast<const char*>(provided_.get()) + id * kProvidedBytes,
          static_cast<size_t>(bytes)};
}

void UringLoop::give_back(uint32_t flags) {
  const unsigned id = flags >> IORING_CQE_BUFFER_SHIFT;
  io_uring_buf_ring_add(buffer_ring_, provided_.get() + id * kProvidedBytes, kProvidedBytes,
                        static_cast<unsigned short>(id), io_uring_buf_ring_mask(kBuffers),
                        static_cast<int>(given_back_));
  ++given_back_;
}

void UringLoop::rearm_later(UringSocket& socket) { starved_.push_back(&socket); }

void UringLoop::forget_rearm(UringSocket& socket) noexcept {
  std::ranges::replace(starved_, &socket, nullptr);
}

void UringLoop::wait_and_collect(Duration max_wait) {
  if (max_wait <= Duration{}) {
    io_uring_submit_and_get_events(&ring_);
  } else {
    __kernel_timespec wait{.tv_sec = max_wait.count() / 1'000'000'000,
                           .tv_nsec = max_wait.count() % 1'000'000'000};
    io_uring_cqe* first = nullptr;
    io_uring_submit_and_wait_timeout(&ring_, &first, 1, &wait, nullptr);
  }
  collect();
}

void UringLoop::collect() {
  io_uring_cqe* cqe = nullptr;
  unsigned head = 0;
  unsigned seen = 0;
  io_uring_for_each_cqe(&ring_, head, cqe) {
    ++seen;
    const uint64_t user_data = io_uring_cqe_get_data64(cqe);
    const int result = cqe->res;
    const uint32_t flags = cqe->flags;
    Operation* operation = user_data == kUnwatched ? nullptr : slab_.find(user_data);
    if (operation != nullptr) {
      const auto index = static_cast<uint32_t>(user_data);
      if (operation->sink != nullptr) {
        operation->sink->on_completion(operation->kind, index, result, flags);
      } else if (operation->kind == OperationKind::kAccept && result >= 0) {
        ::close(result);  // Accepted for a listener that is gone.
      }
      Operation& after = slab_.at(index);
      const bool goes_on = (flags & IORING_CQE_F_MORE) != 0 || after.is_resubmitted;
      after.is_resubmitted = false;
      if (!goes_on) {
        slab_.free(index);
      }
    }
    if ((flags & IORING_CQE_F_BUFFER) != 0) {
      give_back(flags);
    }
  }
  io_uring_cq_advance(&ring_, seen);
  if (given_back_ != 0) {
    io_uring_buf_ring_advance(buffer_ring_, static_cast<int>(given_back_));
    given_back_ = 0;
  }
  std::vector<UringSocket*> starved;
  starved.swap(starved_);
  for (UringSocket* socket : starved) {
    if (socket != nullptr) {
      socket->rearm_stream();
    }
  }
}

}  // namespace zerq::io
