// SPDX-License-Identifier: Apache-2.0
// co_await BlockingCall<T>(pool, loop, call): runs `call(Blocking)` on the blocking pool and
// resumes on the loop's thread with its result; kExhausted when the pool's queue is full. If the
// waiting coroutine is destroyed first, the call still runs and its result is dropped.
#pragma once

#include <coroutine>
#include <functional>
#include <utility>

#include "base/result.h"
#include "io/blocking_pool.h"
#include "io/mailed_result.h"

namespace zerq::io {

template <class T>
class BlockingCall : public MailedResult<T> {
 public:
  using Call = std::move_only_function<Result<T>(Blocking)>;

  BlockingCall(BlockingPool& pool, EventLoop& loop, Call call)
      : MailedResult<T>(pool.desk(), loop), pool_(pool), call_(std::move(call)) {}

  void await_suspend(std::coroutine_handle<> handle) {
    auto seat = this->take_seat(handle);
    // A refused job is destroyed at once, and its seat with it.
    static_cast<void>(
        pool_.run([call = std::move(call_), seat = std::move(seat), ticket = this->ticket(),
                   &desk = pool_.desk()](Blocking token) mutable {
          seat->result = call(token);
          MailedResult<T>::send_home(desk, ticket, std::move(seat));
        }));
  }

 private:
  BlockingPool& pool_;
  Call call_;
};

}  // namespace zerq::io
