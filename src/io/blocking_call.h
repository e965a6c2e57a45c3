// SPDX-License-Identifier: Apache-2.0
// co_await BlockingCall<T>(pool, loop, call): runs `call(Blocking)` on the blocking pool and
// resumes on the loop's thread with its result; kExhausted when the pool's queue is full. If the
// waiting coroutine is destroyed first, the call still runs and its result is dropped.
#pragma once

#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/result.h"
#include "io/blocking_pool.h"
#include "io/event_loop.h"

namespace zerq::io {

template <class T>
class BlockingCall {
 public:
  using Call = std::move_only_function<Result<T>(Blocking)>;

  BlockingCall(BlockingPool& pool, EventLoop& loop, Call call)
      : pool_(pool), loop_(loop), call_(std::move(call)) {}
  BlockingCall(const BlockingCall&) = delete;
  BlockingCall& operator=(const BlockingCall&) = delete;
  ~BlockingCall() {
    if (ticket_ != nullptr) {
      ticket_->waiter = nullptr;
    }
    if (is_posted_) {
      loop_.forget_resume(handle_);
    }
  }

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    handle_ = handle;
    auto ticket = std::make_unique<Ticket>();
    ticket->waiter = this;
    ticket_ = ticket.get();
    // A refused or unread ticket reports failure from its destructor, on this same thread.
    static_cast<void>(pool_.run([call = std::move(call_), ticket = std::move(ticket),
                                 mailbox = &loop_.mailbox()](Blocking token) mutable {
      ticket->result = call(token);
      mailbox->send([ticket = std::move(ticket)]() mutable { ticket.reset(); });
    }));
  }
  Result<T> await_resume() {
    is_posted_ = false;
    return std::move(result_);
  }

 private:
  // Travels to the pool and back; looked at by the loop's thread only.
  struct Ticket {
    BlockingCall* waiter = nullptr;
    std::optional<Result<T>> result;
    ~Ticket() {
      if (waiter != nullptr) {
        waiter->complete(std::move(result));
      }
    }
  };

  void complete(std::optional<Result<T>> result) {
    ticket_ = nullptr;
    result_ = result.has_value() ? *std::move(result)
                                 : Result<T>(fail(ErrorCode::kExhausted, "blocking pool is full"));
    is_posted_ = true;
    loop_.post_resume(handle_);
  }

  BlockingPool& pool_;
  EventLoop& loop_;
  Call call_;
  Ticket* ticket_ = nullptr;
  std::coroutine_handle<> handle_;
  bool is_posted_ = false;
  Result<T> result_{fail(ErrorCode::kCancelled)};
};

}  // namespace zerq::io
