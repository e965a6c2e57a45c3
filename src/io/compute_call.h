// SPDX-License-Identifier: Apache-2.0
// co_await ComputeCall<T>(pool, loop, client, cost, call): runs `call()` on the compute pool and
// resumes on the loop's thread with its result; kExhausted when the queue is full for all or for
// this client. If the waiting coroutine is destroyed first, a call that did not begin never does.
#pragma once

#include <coroutine>
#include <cstdint>
#include <functional>
#include <utility>

#include "base/result.h"
#include "io/compute_pool.h"
#include "io/mailed_result.h"

namespace zerq::io {

template <class T>
class ComputeCall : public MailedResult<T> {
 public:
  using Call = std::move_only_function<Result<T>()>;

  ComputeCall(ComputePool& pool, EventLoop& loop, uint64_t client, uint64_t cost, Call call)
      : MailedResult<T>(pool.desk(), loop),
        pool_(pool),
        client_(client),
        cost_(cost),
        call_(std::move(call)) {}

  void await_suspend(std::coroutine_handle<> handle) {
    auto seat = this->take_seat(handle);
    // A refused job is destroyed at once, and its seat with it.
    static_cast<void>(pool_.run(client_, cost_,
                                [call = std::move(call_), seat = std::move(seat),
                                 ticket = this->ticket(), &desk = pool_.desk()]() mutable {
                                  if (desk.is_open(ticket)) {
                                    seat->result = call();
                                    MailedResult<T>::send_home(desk, ticket, std::move(seat));
                                  }
                                }));
  }

 private:
  ComputePool& pool_;
  uint64_t client_;
  uint64_t cost_;
  Call call_;
};

}  // namespace zerq::io
