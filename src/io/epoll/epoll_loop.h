// SPDX-License-Identifier: Apache-2.0
// The epoll backend: edge-triggered, try-then-wait. A descriptor is registered once for both
// directions; reads and writes are tried first and wait for an edge only after EAGAIN.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "io/event_loop.h"

namespace zerq::io {

// What an epoll registration points to.
class EpollTarget {
 public:
  virtual void on_events(uint32_t events) noexcept = 0;
  // Its turn again: it had more to do than one turn allows.
  virtual void on_again() noexcept = 0;

 protected:
  ~EpollTarget() = default;
};

class EpollLoop final : public EventLoop {
 public:
  // Reads of idle sockets go through one buffer of the loop, so that they hold none themselves.
  static constexpr size_t kScratchBytes = 64 * 1024;

  EpollLoop(const EventLoopConfig& config, const Clock& clock);
  ~EpollLoop() override;

  Backend backend() const noexcept override { return Backend::kEpoll; }
  size_t operations_in_flight() const noexcept override { return 0; }
  std::unique_ptr<TcpSocket> adopt_socket(int fd, bool is_connecting) override;
  std::unique_ptr<ListenSocket> adopt_listener(int fd) override;

  void watch(int fd, uint32_t events, EpollTarget& target);
  // Ends a registration whose descriptor lives on; closing one ends it by itself.
  void unwatch(int fd) noexcept;
  // No event of this turn reaches it any more.
  void forget(EpollTarget& target) noexcept;
  void run_again(EpollTarget& target);
  char* scratch() noexcept { return scratch_.get(); }
  // Counts turns, for budgets that are per turn.
  uint32_t turn_number() const noexcept { return turn_number_; }

 private:
  void wait(Duration max_wait) override;
  void collect() override;

  static constexpr int kEventsPerWait = 512;

  int epoll_fd_ = -1;
  uint32_t turn_number_ = 0;
  std::unique_ptr<char[]> scratch_;
  std::vector<EpollTarget*> again_;
  struct Batch;
  std::unique_ptr<Batch> batch_;
};

}  // namespace zerq::io
