// SPDX-License-Identifier: Apache-2.0
// Accepts on one listening descriptor with epoll; see io/listen_socket.h.
#pragma once

#include "io/epoll/epoll_loop.h"
#include "io/listen_socket.h"

namespace zerq::io {

class EpollListener final : public ListenSocket, private EpollTarget {
 public:
  EpollListener(EpollLoop& loop, int fd);
  ~EpollListener() override;

  void start(AcceptSink& sink) noexcept override;
  void pause() noexcept override { is_paused_ = true; }
  void resume() noexcept override;

 private:
  void on_events(uint32_t events) noexcept override;
  void on_again() noexcept override;
  void queue_again() noexcept;
  void accept_some() noexcept;
  static void on_pause_over(Timer& timer) noexcept;

  // Accepts a turn; a storm of connects may not hold the shard.
  static constexpr int kAcceptsPerTurn = 64;

  EpollLoop& loop_;
  int fd_;
  AcceptSink* sink_ = nullptr;
  bool is_paused_ = false;
  bool is_queued_again_ = false;
  struct RetryTimer : Timer {
    explicit RetryTimer(EpollListener& o) : Timer(&on_pause_over), owner(o) {}
    EpollListener& owner;
  } retry_timer_;
};

}  // namespace zerq::io
