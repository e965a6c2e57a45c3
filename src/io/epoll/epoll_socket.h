// SPDX-License-Identifier: Apache-2.0
// A TcpSocket on the epoll backend; the contract is in io/transport.h.
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
  bool is_open() const noexcept override { return fd_ >= 0 && !is_broken_; }
  bool is_idle_and_healthy() const noexcept override {
    return is_open() && !is_eof_ && inbox_.is_empty();
  }
  int fd() const noexcept override { return fd_; }
  SocketAddress peer_address() const noexcept override;
  int release_fd() noexcept override;

 private:
  bool begin_receive(ReceiveAwaiter& awaiter) noexcept override;
  bool begin_body(BodyAwaiter& awaiter) noexcept override;
  bool begin_send(SendAwaiter& awaiter) noexcept override;
  void abandon_receive(std::coroutine_handle<> handle) noexcept override;
  void abandon_send(std::coroutine_handle<> handle) noexcept override;
  void on_events(uint32_t events) noexcept override;
  void on_again() noexcept override;

  void read_to_inbox() noexcept;
  void advance_receive() noexcept;
  Result<IoBuffer> try_body(size_t size_hint) noexcept;
  ErrorCode flush() noexcept;
  void advance_send() noexcept;
  void on_broken() noexcept;
  void complete_receive(Result<> result) noexcept;
  void complete_body(Result<IoBuffer> result) noexcept;
  void complete_send(Result<> result) noexcept;
  ErrorCode receive_error() const { return is_broken_ ? ErrorCode::kReset : ErrorCode::kEof; }
  static void on_receive_deadline(Timer& timer) noexcept;
  static void on_send_deadline(Timer& timer) noexcept;

  struct SocketTimer : Timer {
    SocketTimer(OnFire f, EpollSocket& s) : Timer(f), socket(s) {}
    EpollSocket& socket;
  };

  EpollLoop& loop_;
  int fd_;
  bool is_connecting_;
  bool is_readable_ = false;   // An edge came that was not read to its end.
  bool is_writable_ = true;
  bool is_watching_ = false;
  bool peer_finished_ = false;  // EPOLLRDHUP: a zero read follows what is buffered.
  bool is_eof_ = false;
  bool is_broken_ = false;
  bool must_reset_ = false;
  bool is_queued_again_ = false;
  int connect_errno_ = 0;  // Why the connection did not come about.
  ReceiveAwaiter* receive_waiter_ = nullptr;
  BodyAwaiter* body_waiter_ = nullptr;
  SendAwaiter* send_waiter_ = nullptr;
  PeerCloseSink* close_sink_ = nullptr;
  Inbox inbox_;
  SocketTimer receive_timer_;
  SocketTimer send_timer_;
};

}  // namespace zerq::io
