// SPDX-License-Identifier: Apache-2.0
// EventLoop: one thread's reactor, over io_uring or epoll (rung: Shard, or the admin thread; one
// thread). Sockets reach it through TcpSocket and ListenSocket; nobody else submits operations.
// The order of a turn, with the reason for each place, is in event_loop.cc (run_turn) and nowhere
// else: resume → turn hooks (records) → mailbox → timers → reap dead → sends and wait → collect.
#pragma once

#include <atomic>
#include <coroutine>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "io/io_buffer.h"
#include "io/mailbox.h"
#include "io/socket_address.h"
#include "io/timer_wheel.h"

namespace zerq::io {

class TcpSocket;
class ListenSocket;

enum class Backend : uint8_t { kUring, kEpoll };

// Work that runs once a turn, after the resumes.
class TurnHook {
 public:
  virtual void on_turn(Instant now) noexcept = 0;

 protected:
  ~TurnHook() = default;
};

struct EventLoopConfig {
  Backend backend = Backend::kEpoll;
  ChargeSink* ledger = nullptr;
};

class EventLoop {
 public:
  // On the thread that will run it (the ring belongs to its creating thread).
  static Result<std::unique_ptr<EventLoop>> create(const EventLoopConfig& config,
                                                   const Clock& clock);
  virtual ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  virtual Backend backend() const noexcept = 0;

  // Turns until stop(). Owners then destroy their sockets on this thread, and the destructor waits
  // for the last completions.
  void run();
  // One turn that waits at most `max_wait`; for tests.
  void run_turn(Duration max_wait);
  // Any thread.
  void stop() noexcept;
  // Any thread; writes the eventfd only when the loop sleeps.
  void wake() noexcept;
  // Held by other threads while they are in a call whose effect may end the loop before the call
  // returns (a letter is read, the loop stops): the destructor waits for them.
  class Visit;

  // The time at the beginning of this turn: when the wait before it ended.
  Instant now() const noexcept { return now_; }
  // Read once a turn.
  WallTime wall_now() const noexcept {
    if (wall_read_at_ != now_) {
      wall_now_ = clock_.wall_now();
      wall_read_at_ = now_;
    }
    return wall_now_;
  }
  const Clock& clock() const noexcept { return clock_; }

  // For watchers on other threads: when the present turn began (0 while the loop waits for events),
  // and how many turns there were.
  int64_t turn_began_ns() const noexcept { return turn_began_ns_.load(std::memory_order_relaxed); }
  uint64_t turns() const noexcept { return turns_.load(std::memory_order_relaxed); }

  TimerWheel& timers() noexcept { return timers_; }
  BufferPool& buffers() noexcept { return buffers_; }
  Mailbox& mailbox() noexcept { return mailbox_; }

  // Resumes the handle later in this turn. Completions only ever enqueue.
  void post_resume(std::coroutine_handle<> handle);
  // Takes back a handle whose frame is about to be destroyed.
  void forget_resume(std::coroutine_handle<> handle) noexcept;
  // Destroys the frame between events, never while it is on the resume stack.
  void reap(Task<void> task);
  // The same for any object whose destructor must not run inside its own callback.
  void reap(std::move_only_function<void()> destroy);

  void add_turn_hook(TurnHook& hook);
  void remove_turn_hook(TurnHook& hook) noexcept;

  // co_await loop.sleep_until(t): ends at t, not earlier.
  struct SleepAwaiter;
  SleepAwaiter sleep_until(Instant deadline) noexcept;

  // Operations whose terminal completion has not come yet.
  virtual size_t operations_in_flight() const noexcept = 0;

  // Takes a connected descriptor (non-blocking), or one that connect() was called on: the first
  // send then waits until it is connected.
  virtual std::unique_ptr<TcpSocket> adopt_socket(int fd, bool is_connecting = false) = 0;
  virtual std::unique_ptr<ListenSocket> adopt_listener(int fd) = 0;
  // Begins to connect; `co_await socket->connected(limit)` tells how it went.
  Result<std::unique_ptr<TcpSocket>> begin_connect(const SocketAddress& address);

 protected:
  EventLoop(const EventLoopConfig& config, const Clock& clock);

  // Submits what is queued and waits for events at most `max_wait`. The eventfd is among what it
  // waits for: each write to it ends one wait, and nobody reads it.
  virtual void wait(Duration max_wait) = 0;
  // Turns the events into post_resume() calls and sink calls; now() is already that of their turn.
  virtual void collect() = 0;
  int wake_fd() const noexcept { return wake_fd_; }
  // For the destructor of a backend: letters and dead frames may still own sockets of it.
  void destroy_leftovers();

 private:
  void begin_turn();
  void turn(Duration max_wait);
  void resume_ready();
  void destroy_dead();

  const Clock& clock_;
  Instant now_;
  mutable Instant wall_read_at_{};
  mutable WallTime wall_now_{};
  TimerWheel timers_;
  BufferPool buffers_;
  Mailbox mailbox_;
  std::vector<std::coroutine_handle<>> ready_;
  std::vector<std::coroutine_handle<>> resuming_;
  std::vector<std::move_only_function<void()>> dead_;
  std::vector<std::move_only_function<void()>> dying_;
  std::vector<TurnHook*> hooks_;
  int wake_fd_ = -1;
  std::atomic<uint32_t> visits_ = 0;
  std::atomic<bool> is_sleeping_ = false;
  std::atomic<bool> must_stop_ = false;
  // Written by the loop's thread only.
  std::atomic<int64_t> turn_began_ns_ = 0;
  std::atomic<uint64_t> turns_ = 0;
};

class EventLoop::Visit {
 public:
  explicit Visit(EventLoop& loop) noexcept : visits_(loop.visits_) {
    visits_.fetch_add(1, std::memory_order_relaxed);
  }
  // Release: all that the visitor did to the loop was before its end.
  ~Visit() { visits_.fetch_sub(1, std::memory_order_release); }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

 private:
  std::atomic<uint32_t>& visits_;
};

struct EventLoop::SleepAwaiter {
  EventLoop& loop;
  Instant deadline;
  std::coroutine_handle<> handle = nullptr;
  struct SleepTimer : Timer {
    explicit SleepTimer(OnFire f) : Timer(f) {}
    SleepAwaiter* awaiter = nullptr;
  } timer{&on_due};
  bool is_posted = false;

  SleepAwaiter(EventLoop& l, Instant d) : loop(l), deadline(d) {}
  SleepAwaiter(const SleepAwaiter&) = delete;
  SleepAwaiter& operator=(const SleepAwaiter&) = delete;
  ~SleepAwaiter();
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h);
  void await_resume() noexcept { is_posted = false; }
  static void on_due(Timer& timer) noexcept;
};

}  // namespace zerq::io
