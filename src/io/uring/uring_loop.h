// SPDX-License-Identifier: Apache-2.0
// The io_uring backend (kernel ≥ 6.1; architecture §2). The ring is created, submitted to and
// reaped on the loop's own thread. Every turn ends in one io_uring_enter. Never on this ring: file
// writes, fsync, shutdown, splice, links between connections.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "io/event_loop.h"
#include "io/uring/operation_slab.h"

namespace zerq::io {

class UringSocket;

class UringLoop final : public EventLoop, private CompletionSink {
 public:
  static constexpr unsigned kBuffers = 256;  // Provided buffers of 4 KiB.
  static constexpr int kBufferGroup = 0;

  static Result<std::unique_ptr<EventLoop>> create(const EventLoopConfig& config,
                                                   const Clock& clock);
  ~UringLoop() override;

  Backend backend() const noexcept override { return Backend::kUring; }
  size_t operations_in_flight() const noexcept override { return slab_.in_flight(); }
  std::unique_ptr<TcpSocket> adopt_socket(int fd, bool is_connecting) override;
  std::unique_ptr<ListenSocket> adopt_listener(int fd) override;

  // ---- for the sockets and listeners of this loop ----
  OperationSlab& slab() noexcept { return slab_; }
  // Each takes a slot and queues its submission; the result comes to `sink`.
  uint32_t submit_stream(RingDescriptor& descriptor, CompletionSink& sink);
  uint32_t submit_body(RingDescriptor& descriptor, CompletionSink& sink, IoBuffer buffer,
                       size_t bytes_max);
  uint32_t submit_send(RingDescriptor& descriptor, CompletionSink& sink, BufferChain chain);
  // The rest of a send whose completion was partial.
  void resubmit_send(uint32_t operation);
  uint32_t submit_connect_wait(RingDescriptor& descriptor, CompletionSink& sink);
  uint32_t submit_accept(RingDescriptor& descriptor, CompletionSink& sink);
  void cancel(uint32_t operation);
  // Bytes of a provided buffer named by completion flags; valid until the completion returns.
  std::string_view provided_bytes(uint32_t flags, int bytes) const;
  // Streams that ended for want of buffers are armed again once buffers are back.
  void rearm_later(UringSocket& socket);
  void forget_rearm(UringSocket& socket) noexcept;

  uint64_t buffer_starvations() const { return buffer_starvations_; }
  void count_starvation() { ++buffer_starvations_; }

 private:
  UringLoop(const EventLoopConfig& config, const Clock& clock);
  Result<> start();
  io_uring_sqe* next_sqe();
  void write_send(uint32_t operation);
  void wait_and_collect(Duration max_wait) override;
  void collect();
  void give_back(uint32_t flags);
  void arm_wake();
  void on_completion(OperationKind kind, uint32_t operation, int result,
                     uint32_t flags) noexcept override;

  io_uring ring_{};
  bool is_ring_open_ = false;
  io_uring_buf_ring* buffer_ring_ = nullptr;
  std::unique_ptr<std::byte[]> provided_;
  unsigned given_back_ = 0;
  OperationSlab slab_;
  std::vector<UringSocket*> starved_;
  uint64_t wake_count_ = 0;
  uint64_t buffer_starvations_ = 0;
};

}  // namespace zerq::io
