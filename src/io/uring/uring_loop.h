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
  static constexpr unsigned kProvidedBuffers = 256;
  static constexpr size_t kProvidedBytes = 4096;
  static constexpr int kBufferGroup = 0;

  static Result<std::unique_ptr<EventLoop>> create(const EventLoopConfig& config,
                                                   const Clock& clock);
  ~UringLoop() override;

  Backend backend() const noexcept override { return Backend::kUring; }
  // The one that wakes the loop is not counted: it ends with the ring.
  size_t operations_in_flight() const noexcept override { return slab_.in_flight() - 1; }
  std::unique_ptr<TcpSocket> adopt_socket(int fd, bool is_connecting) override;
  std::unique_ptr<ListenSocket> adopt_listener(int fd) override;

  // ---- for the sockets and listeners of this loop ----
  OperationSlab& slab() noexcept { return slab_; }
  // Each takes a slot and queues its submission; the result comes to `sink`.
  uint32_t submit_stream(RingDescriptor& descriptor, CompletionSink& sink);
  uint32_t submit_body(RingDescriptor& descriptor, CompletionSink& sink, size_t bytes_max);
  uint32_t submit_send(RingDescriptor& descriptor, CompletionSink& sink, BufferChain chain);
  // The rest of a send whose completion was partial.
  void resubmit_send(uint32_t operation);
  // Completes when the descriptor can be written to, or failed.
  uint32_t submit_connect_wait(RingDescriptor& descriptor, CompletionSink& sink);
  // Completes at each event of a half-closed connection, its FIN at once.
  uint32_t submit_hang_up_wait(RingDescriptor& descriptor, CompletionSink& sink);
  uint32_t submit_accept(RingDescriptor& descriptor, CompletionSink& sink);
  // Nobody waits for it any more: cancels it. What it holds lives on until it has ended.
  void abandon(uint32_t operation);
  // Asks it to end; its sink still hears how.
  void cancel(uint32_t operation);
  // Bytes of a provided buffer named by completion flags; valid until the completion returns.
  std::string_view provided_bytes(uint32_t flags, int bytes) const;
  // Calls socket.on_again() once the buffers of the next completions are back.
  void run_again(UringSocket& socket);
  void forget(UringSocket& socket) noexcept;

  // Streams that ended because all provided buffers were in use.
  uint64_t buffer_starvations() const { return buffer_starvations_; }
  void count_starvation() { ++buffer_starvations_; }
  // Turns in which completions had to wait in the kernel; streams that ended are armed again.
  uint64_t completion_overflows() const { return completion_overflows_; }

 private:
  UringLoop(const EventLoopConfig& config, const Clock& clock);
  Result<> start();
  io_uring_sqe* next_sqe();
  void tell_witness(uint32_t operation);
  void write_send(uint32_t operation);
  void wait(Duration max_wait) override;
  void collect() override;
  void complete(uint64_t user_data, int result, uint32_t flags);
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
  std::vector<UringSocket*> again_;
  std::vector<UringSocket*> running_again_;
  uint64_t buffer_starvations_ = 0;
  uint64_t completion_overflows_ = 0;
};

}  // namespace zerq::io
