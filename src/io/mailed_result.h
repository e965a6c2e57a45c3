// SPDX-License-Identifier: Apache-2.0
// MailedResult<T>: what awaiters have in common whose result comes from another thread by mailbox
// (rung: whoever waits; one loop). The work holds a Seat; when the seat comes home the waiter is
// resumed, with kExhausted if the work was refused. A waiter that is destroyed first signs off: the
// result is dropped.
#pragma once

#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "base/result.h"
#include "io/event_loop.h"
#include "io/return_desk.h"

namespace zerq::io {

template <class T>
class MailedResult {
 public:
  MailedResult(const MailedResult&) = delete;
  MailedResult& operator=(const MailedResult&) = delete;

  bool await_ready() const noexcept { return false; }
  Result<T> await_resume() {
    is_posted_ = false;
    return std::move(result_);
  }

 protected:
  // The work sets `result` on its thread; `waiter` belongs to the loop's.
  struct Seat {
    explicit Seat(MailedResult& w) : waiter(&w) {}
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;
    ~Seat() {
      if (waiter != nullptr) {
        waiter->complete(std::move(result));
      }
    }
    MailedResult* waiter;
    std::optional<Result<T>> result;
  };

  MailedResult(ReturnDesk& desk, EventLoop& loop) : desk_(desk), loop_(loop) {}
  ~MailedResult() {
    if (seat_ != nullptr) {
      seat_->waiter = nullptr;
      desk_.close(ticket_);
    }
    if (is_posted_) {
      loop_.forget_resume(handle_);
    }
  }

  // A seat that dies on this thread, because the work is refused, completes the wait at once.
  std::unique_ptr<Seat> take_seat(std::coroutine_handle<> handle) {
    handle_ = handle;
    auto seat = std::make_unique<Seat>(*this);
    seat_ = seat.get();
    ticket_ = desk_.open(loop_.mailbox());
    return seat;
  }
  uint64_t ticket() const { return ticket_; }
  // On the thread of the work.
  static void send_home(ReturnDesk& desk, uint64_t ticket, std::unique_ptr<Seat> seat) {
    desk.deliver(ticket, [seat = std::move(seat)]() mutable { seat.reset(); });
  }

 private:
  void complete(std::optional<Result<T>> result) {
    seat_ = nullptr;
    if (result.has_value()) {
      result_ = *std::move(result);
    } else {
      result_ = fail(ErrorCode::kExhausted, "pool_is_full");
      desk_.close(ticket_);
    }
    is_posted_ = true;
    loop_.post_resume(handle_);
  }

  ReturnDesk& desk_;
  EventLoop& loop_;
  Seat* seat_ = nullptr;  // Null: not asked yet, or answered.
  uint64_t ticket_ = 0;
  std::coroutine_handle<> handle_;
  bool is_posted_ = false;
  Result<T> result_{fail(ErrorCode::kCancelled)};
};

}  // namespace zerq::io
