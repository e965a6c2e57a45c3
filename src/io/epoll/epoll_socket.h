// SPDX-License-Identifier: Apache-2.0
// A TcpSocket on the epoll backend; the contract is in io/transport.h. Reads and writes are tried
// at once and wait for an edge only after the kernel refused.
#pragma once

#include "io/epoll/epoll_loop.h"
#include "io/inbox.h"
#include "io/tcp_socket.h"

namespace zerq::io {

class EpollSocket final : public TcpSocket, private EpollTarget {
 public:
  EpollSocket(EpollLoop& loop, int fd, bool is_connecting);
  ~EpollSocket() override;

  std::string_view inbox() const noexcept override { return inbox_.text(); }
  void consume(size_t bytes) noexcept override;
  void put_back(std::string_view bytes) noexcept override;
  void watch_peer() noexcept override;
  void set_close_sink(PeerCloseSink* sink) noexcept override { close_sink_ = sink; }
  void cancel() noexcept override;
  void shutdown_send() noexcept override;
  void set_reset_on_close() noexcept override { must_reset_ = true; }
  bool is_open() const noexcept override { return fd_ >= 0 && !is_dead_ && !must_not_send_; }
  bool is_idle_and_healthy() const noexcept override {
    return is_open() && !peer_finished_ && !is_eof_ && inbox_.is_empty();
  }
  int fd() const noexcept override { return fd_; }
  SocketAddress peer_address() const noexcept override;
  int release_fd() noexcept override;

 private:
  enum class Progress : uint8_t { kWhole, kBlocked, kFailed };
  enum class Told : uint8_t { kNothing, kEof, kReset };

  bool begin_receive(ReceiveAwaiter& awaiter) noexcept override;
  bool begin_body(BodyAwaiter& awaiter) noexcept override;
  bool begin_send(SendAwaiter& awaiter) noexcept override;
  void abandon_receive(std::coroutine_handle<> handle) noexcept override;
  void abandon_send(std::coroutine_handle<> handle) noexcept override;
  void on_events(uint32_t events) noexcept override;
  void on_again() noexcept override;

  bool may_receive() noexcept;
  size_t receive_into(char* bytes, size_t room) noexcept;
  void read_to_inbox() noexcept;
  IoBuffer read_to_buffer(size_t size_hint) noexcept;
  void advance_receive() noexcept;
  void tell_sink(bool has_new_bytes) noexcept;
  void queue_again() noexcept;
  Progress flush(SendAwaiter& awaiter) noexcept;
  Progress finish_connect(SendAwaiter& awaiter) noexcept;
  void advance_send() noexcept;
  void complete_receive(Result<> result) noexcept;
  void complete_body(Result<IoBuffer> result) noexcept;
  void complete_send(Result<> result) noexcept;
  bool has_ended() const { return is_eof_ || is_broken_; }
  std::unexpected<Error> end_of_stream() noexcept;
  static void on_receive_deadline(Timer& timer) noexcept;
  static void on_send_deadline(Timer& timer) noexcept;

  struct SocketTimer : Timer {
    SocketTimer(OnFire f, EpollSocket& s) : Timer(f), socket(s) {}
    EpollSocket& socket;
  };

  EpollLoop& loop_;
  int fd_;
  uint32_t budget_turn_ = 0;      // The turn that received_in_turn_ belongs to.
  uint32_t received_in_turn_ = 0;
  bool is_connecting_;
  bool is_readable_ = false;    // An edge came that was not read to its end.
  bool is_writable_;
  bool is_watching_ = false;
  bool peer_finished_ = false;  // RDHUP, HUP or ERR came: a short read does not mean "no more".
  bool is_dead_ = false;  // HUP or ERR came: nothing can be sent, what is buffered is read.
  bool is_eof_ = false;  // A receive met the FIN.
  bool is_broken_ = false;  // A receive met the reset.
  bool must_not_send_ = false;  // A send was left unfinished, or FIN is out.
  bool is_send_shut_ = false;
  bool must_reset_ = false;
  bool is_queued_again_ = false;
  Told told_ = Told::kNothing;
  ReceiveAwaiter* receive_waiter_ = nullptr;
  BodyAwaiter* body_waiter_ = nullptr;
  SendAwaiter* send_waiter_ = nullptr;
  PeerCloseSink* close_sink_ = nullptr;
  Inbox inbox_;
  SocketTimer receive_timer_;
  SocketTimer send_timer_;
};

}  // namespace zerq::io
