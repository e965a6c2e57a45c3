// SPDX-License-Identifier: Apache-2.0
#include "io/event_loop.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "io/epoll/epoll_loop.h"
#include "io/listen_socket.h"
#include "io/tcp_socket.h"
#include "io/uring/uring_loop.h"

namespace zerq::io {
namespace {

// Resume rounds of one turn: a chain of coroutines that wake each other may not starve the rest.
constexpr int kResumeRoundsMax = 16;

}  // namespace

Result<std::unique_ptr<EventLoop>> EventLoop::create(const EventLoopConfig& config,
                                                     const Clock& clock) {
  if (config.backend == Backend::kUring) {
    return UringLoop::create(config, clock);
  }
  return std::unique_ptr<EventLoop>(std::make_unique<EpollLoop>(config, clock));
}

EventLoop::EventLoop(const EventLoopConfig& config, const Clock& clock)
    : clock_(clock), now_(clock.now()), timers_(now_), buffers_(config.ledger), mailbox_(*this) {
  wake_fd_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  CHECK(wake_fd_ >= 0);
}

EventLoop::~EventLoop() {
  destroy_leftovers();
  ::close(wake_fd_);
}

void EventLoop::run() {
  begin_turn();
  while (!must_stop_.load(std::memory_order_relaxed)) {
    turn(std::chrono::hours(1));
  }
}

void EventLoop::run_turn(Duration max_wait) {
  begin_turn();
  turn(max_wait);
}

void EventLoop::begin_turn() {
  now_ = clock_.now();
  turn_began_ns_.store(now_.ns, std::memory_order_relaxed);
}

// The turn. Each step stands where it stands for a reason:
//   resume    first: completions only enqueued; whoever they woke runs now, with this turn's time.
//   hooks     what those coroutines produced is put in order once (records), not once each.
//   mailbox   after our own work, so that letters of other threads cannot starve connections.
//   timers    last of the causes: a completion of this turn beats a deadline of this turn.
//   resume    whom letters and timers woke must not wait for another turn.
//   destroy   dead frames go when nothing of them can be on the resume stack.
//   wait      one system call submits every send of the turn and fetches the next completions.
//   collect   with the new time, so that a deadline armed by a completion counts from now.
void EventLoop::turn(Duration max_wait) {
  resume_ready();
  for (TurnHook* hook : hooks_) {
    hook->on_turn(now_);
  }
  mailbox_.open_all();
  timers_.advance(now_);
  resume_ready();
  destroy_dead();

  Duration limit = std::max(Duration{}, std::min(max_wait, timers_.next_due() - now_));
  if (!ready_.empty() || !dead_.empty()) {
    limit = Duration{};
  }
  if (limit > Duration{}) {
    // Announce the sleep, then look once more: whoever sends after this look sees it and wakes us.
    is_sleeping_.store(true, std::memory_order_seq_cst);
    if (mailbox_.has_mail() || must_stop_.load(std::memory_order_seq_cst)) {
      limit = Duration{};
    }
  }
  turn_began_ns_.store(0, std::memory_order_relaxed);
  turns_.store(turns() + 1, std::memory_order_relaxed);
  wait(limit);
  is_sleeping_.store(false, std::memory_order_relaxed);
  begin_turn();
  collect();
}

void EventLoop::stop() noexcept {
  const Visit visit(*this);
  must_stop_.store(true, std::memory_order_seq_cst);
  wake();
}

void EventLoop::wake() noexcept {
  // The exchange makes the first of many senders the only one that pays for a system call.
  if (is_sleeping_.load(std::memory_order_seq_cst) && is_sleeping_.exchange(false)) {
    const uint64_t one = 1;
    const ssize_t written = ::write(wake_fd_, &one, sizeof(one));
    DCHECK(written == sizeof(one));
  }
}

void EventLoop::post_resume(std::coroutine_handle<> handle) { ready_.push_back(handle); }

void EventLoop::forget_resume(std::coroutine_handle<> handle) noexcept {
  std::ranges::replace(ready_, handle, std::coroutine_handle<>(std::noop_coroutine()));
  std::ranges::replace(resuming_, handle, std::coroutine_handle<>(std::noop_coroutine()));
}

void EventLoop::resume_ready() {
  for (int round = 0; round < kResumeRoundsMax && !ready_.empty(); ++round) {
    resuming_.swap(ready_);
    // By index: forget_resume() replaces handles of this round while it runs.
    for (size_t i = 0; i < resuming_.size(); ++i) {
      resuming_[i].resume();
    }
    resuming_.clear();
  }
}

void EventLoop::reap(Task<void> task) {
  dead_.push_back([owned = std::move(task)]() mutable { owned.reset(); });
}

void EventLoop::reap(std::move_only_function<void()> destroy) {
  dead_.push_back(std::move(destroy));
}

void EventLoop::destroy_dead() {
  dying_.swap(dead_);
  for (auto& destroy : dying_) {
    destroy();
  }
  dying_.clear();
}

void EventLoop::destroy_leftovers() {
  // Whoever made this happen may still be about to wake us; it waits for nothing.
  while (visits_.load(std::memory_order_acquire) != 0) {
    std::this_thread::yield();
  }
  while (!dead_.empty() || mailbox_.has_mail()) {
    destroy_dead();
    mailbox_.discard_all();
  }
}

void EventLoop::add_turn_hook(TurnHook& hook) { hooks_.push_back(&hook); }

void EventLoop::remove_turn_hook(TurnHook& hook) noexcept { std::erase(hooks_, &hook); }

Result<std::unique_ptr<TcpSocket>> EventLoop::begin_connect(const SocketAddress& address) {
  const int fd = ::socket(address.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return fail(Error{.code = ErrorCode::kExhausted, .os_errno = errno, .detail = "socket"});
  }
  set_no_delay(fd);
  if (::connect(fd, address.data(), address.size()) != 0 && errno != EINPROGRESS) {
    const int cause = errno;
    ::close(fd);
    const ErrorCode code = cause == EADDRNOTAVAIL ? ErrorCode::kExhausted : ErrorCode::kRefused;
    return fail(Error{.code = code, .os_errno = cause, .detail = "connect"});
  }
  return adopt_socket(fd, true);
}

EventLoop::SleepAwaiter EventLoop::sleep_until(Instant deadline) noexcept {
  return {*this, deadline};
}

EventLoop::SleepAwaiter::~SleepAwaiter() {
  if (is_posted) {
    loop.forget_resume(handle);
  }
}

void EventLoop::SleepAwaiter::await_suspend(std::coroutine_handle<> h) {
  handle = h;
  timer.awaiter = this;
  loop.timers().arm(timer, deadline);
}

void EventLoop::SleepAwaiter::on_due(Timer& timer) noexcept {
  SleepAwaiter& awaiter = *static_cast<SleepTimer&>(timer).awaiter;
  awaiter.is_posted = true;
  awaiter.loop.post_resume(awaiter.handle);
}

}  // namespace zerq::io
