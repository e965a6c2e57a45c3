// SPDX-License-Identifier: Apache-2.0
// A TcpSocket on the io_uring backend; the contract is in io/transport.h. At most one receive and
// one send operation are with the kernel at a time; what they work on is theirs (operation_slab.h).
#pragma once

#include "io/inbox.h"
#include "io/tcp_socket.h"
#include "io/uring/uring_loop.h"

namespace zerq::io {

class UringSocket final : public TcpSocket, private CompletionSink {
 public:
  UringSocket(UringLoop& loop, int fd, bool is_connecting);
  ~UringSocket() override;

  std::string_view inbox() const noexcept override { return inbox_.text(); }
  void consume(size_t bytes) noexcept override;
  void put_back(std::string_view bytes) noexcept override;
  void watch_peer() noexcept override;
  void set_close_sink(PeerCloseSink* sink) noexcept override { close_sink_ = sink; }
  void cancel() noexcept override;
  void shutdown_send() noexcept override;
  void set_reset_on_close() noexcept override { descriptor_->must_reset = true; }
  bool is_open() const noexcept override { return !is_broken_ && !must_not_send_; }
  bool is_idle_and_healthy() const noexcept override {
    return is_open() && !is_eof_ && inbox_.is_empty();
  }
  int fd() const noexcept override { return descriptor_->fd; }
  SocketAddress peer_address() const noexcept override;
  int release_fd() noexcept override;

  // For the loop: asked for by UringLoop::run_again().
  void on_again() noexcept;

 private:
  enum class Told : uint8_t { kNothing, kEof, kReset };

  bool begin_receive(ReceiveAwaiter& awaiter) noexcept override;
  bool begin_body(BodyAwaiter& awaiter) noexcept override;
  bool begin_send(SendAwaiter& awaiter) noexcept override;
  void abandon_receive(std::coroutine_handle<> handle) noexcept override;
  void abandon_send(std::coroutine_handle<> handle) noexcept override;
  void on_completion(OperationKind kind, uint32_t operation, int result,
                     uint32_t flags) noexcept override;

  void on_stream(int result, uint32_t flags) noexcept;
  void on_body(uint32_t operation, int result) noexcept;
  void on_send(uint32_t operation, int result) noexcept;
  void on_connect() noexcept;
  void on_hang_up(int result, uint32_t flags) noexcept;
  void note_end(int result) noexcept;
  void deliver(bool has_new_bytes) noexcept;
  void tell_sink(bool has_new_bytes) noexcept;
  void arm_stream() noexcept;
  void arm_hang_up() noexcept;
  void start_body() noexcept;
  void stop_receiving() noexcept;
  void queue_again() noexcept;
  void abandon(uint32_t& operation) noexcept;
  void complete_receive(Result<> result) noexcept;
  void complete_body(Result<IoBuffer> result) noexcept;
  void complete_send(Result<> result) noexcept;
  void give_up_send(ErrorCode why) noexcept;
  void arm_send_deadline() noexcept;
  bool has_ended() const { return is_eof_ || is_broken_; }
  std::unexpected<Error> end_of_stream() noexcept;
  static void on_receive_deadline(Timer& timer) noexcept;
  static void on_send_deadline(Timer& timer) noexcept;

  static constexpr uint32_t kNone = UINT32_MAX;

  struct SocketTimer : Timer {
    SocketTimer(OnFire f, UringSocket& s) : Timer(f), socket(s) {}
    UringSocket& socket;
  };

  UringLoop& loop_;
  RingDescriptor* descriptor_;
  uint32_t receive_ = kNone;  // The stream or body operation in flight.
  uint32_t send_ = kNone;  // The send, or the wait for the connection.
  uint32_t hang_up_ = kNone;
  uint32_t size_at_wait_ = 0;  // Of the inbox: a wait ends when it holds more.
  bool is_streaming_ = false;  // What receive_ is.
  bool is_connecting_;
  bool is_watching_ = false;
  bool is_stopping_ = false;  // A cancel of receive_ is under way.
  bool is_queued_again_ = false;
  bool is_eof_ = false;
  bool is_broken_ = false;
  bool must_not_send_ = false;  // A send failed or was left unfinished, or FIN is out.
  bool is_send_shut_ = false;
  Told told_ = Told::kNothing;
  ReceiveAwaiter* receive_waiter_ = nullptr;
  BodyAwaiter* body_waiter_ = nullptr;
  SendAwaiter* send_waiter_ = nullptr;
  PeerCloseSink* close_sink_ = nullptr;
  Inbox inbox_;
  SocketTimer receive_timer_;
  SocketTimer send_timer_;
};

// Ten thousand idle connections are ten thousand of these, and nothing else of ours.
static_assert(sizeof(UringSocket) + sizeof(RingDescriptor) <= 300);

}  // namespace zerq::io
