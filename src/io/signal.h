// SPDX-License-Identifier: Apache-2.0
// Signal: the one-waiter event that everything slower than a socket is built from (a pool queue,
// a DNS answer, a child task's end). `co_await signal.wait(deadline)` completes with success after
// notify() (also one that came before the wait), kTimedOut at the deadline, kCancelled after
// cancel(), which is sticky until clear(). The waiter is resumed by the loop, never inside
// notify(). Same shard only; a Signal outlives its waiter.
#pragma once

#include <coroutine>

#include "base/clock.h"
#include "base/result.h"
#include "io/timer_wheel.h"

namespace zerq::io {

class EventLoop;

class Signal {
 public:
  explicit Signal(EventLoop& loop) : loop_(loop) {}
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  void notify();
  void cancel();
  bool has_waiter() const { return waiter_ != nullptr; }
  // Forgets a notify() that nobody waited for, or a cancel().
  void clear() { state_ = State::kNone; }

  class Awaiter {
   public:
    Awaiter(Signal& signal, Instant deadline)
        : signal_(signal), deadline_(deadline), timer_(&on_deadline) {}
    ~Awaiter();
    bool await_ready() const noexcept { return signal_.state_ != State::kNone; }
    void await_suspend(std::coroutine_handle<> h);
    Result<> await_resume() noexcept;

   private:
    friend class Signal;
    static void on_deadline(Timer& timer) noexcept;
    Signal& signal_;
    Instant deadline_;
    // First member that on_deadline() finds its Awaiter by.
    struct DeadlineTimer : Timer {
      explicit DeadlineTimer(OnFire f) : Timer(f) {}
      Awaiter* awaiter = nullptr;
    } timer_;
    std::coroutine_handle<> handle_;
    bool is_posted_ = false;
  };
  Awaiter wait(Instant deadline) { return Awaiter(*this, deadline); }

 private:
  enum class State : uint8_t { kNone, kNotified, kCancelled, kTimedOut };
  void complete(State state);

  EventLoop& loop_;
  Awaiter* waiter_ = nullptr;
  State state_ = State::kNone;
};

}  // namespace zerq::io
