// SPDX-License-Identifier: Apache-2.0
#include "io/signal.h"

#include "base/check.h"
#include "io/event_loop.h"

namespace zerq::io {

Signal::~Signal() { DCHECK(waiter_ == nullptr); }

void Signal::notify() { complete(State::kNotified); }

void Signal::cancel() { complete(State::kCancelled); }

void Signal::complete(State state) {
  if (state_ == State::kCancelled) {
    return;  // Sticky: whoever waits next must end too.
  }
  state_ = state;
  if (waiter_ == nullptr) {
    return;
  }
  Awaiter* waiter = std::exchange(waiter_, nullptr);
  waiter->timer_.disarm();
  waiter->is_posted_ = true;
  loop_.post_resume(waiter->handle_);
}

Signal::Awaiter::~Awaiter() {
  if (signal_.waiter_ == this) {
    signal_.waiter_ = nullptr;
  }
  if (is_posted_) {
    signal_.loop_.forget_resume(handle_);
  }
}

void Signal::Awaiter::await_suspend(std::coroutine_handle<> h) {
  DCHECK(signal_.waiter_ == nullptr);
  handle_ = h;
  signal_.waiter_ = this;
  timer_.awaiter = this;
  signal_.loop_.timers().arm(timer_, deadline_);
}

Result<> Signal::Awaiter::await_resume() noexcept {
  is_posted_ = false;
  switch (signal_.state_) {
    case State::kCancelled: return fail(ErrorCode::kCancelled);
    case State::kTimedOut: signal_.state_ = State::kNone; return fail(ErrorCode::kTimedOut);
    default: signal_.state_ = State::kNone; return {};
  }
}

void Signal::Awaiter::on_deadline(Timer& timer) noexcept {
  Awaiter* awaiter = static_cast<DeadlineTimer&>(timer).awaiter;
  awaiter->signal_.complete(State::kTimedOut);
}

}  // namespace zerq::io
