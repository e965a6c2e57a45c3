// SPDX-License-Identifier: Apache-2.0
#include "io/event_loop.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "io/epoll/epoll_loop.h"
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
  destroy_dead();
  ::close(wake_fd_);
}

void EventLoop::run() {
  while (!must_stop_.load(std::memory_order_relaxed)) {
    run_turn(std::chrono::hours(1));
  }
}

// The turn. Each step stands where it stands for a reason:
//   resume    first: completions only enqueued; whoever they woke runs now, with this turn's time.
//   hooks     what those coroutines produced is put in order once (records), not once each.
//   mailbox   after our own work, so that letters of other threads cannot starve connections.
//   timers    last of the causes: a completion of this turn beats a deadline of this turn.
//   destroy   dead frames go when nothing of them can be on the resume stack.
//   wait      one system call submits every send of the turn and fetches the next completions.
void EventLoop::run_turn(Duration max_wait) {
  now_ = clock_.now();
  turn_began_ns_.store(now_.ns, std::memory_order_relaxed);
  resume_ready();
  for (TurnHook* hook : hooks_) {
    hook->on_turn(now_);
  }
  mailbox_.open_all();
  timers_.advance(now_);
  resume_ready();
  destroy_dead();

  Duration wait = std::max(Duration{}, std::min(max_wait, timers_.next_due() - now_));
  is_sleeping_.store(true, std::memory_order_seq_cst);
  if (!ready_.empty() || !dead_.empty() || mailbox_.has_mail() ||
      must_stop_.load(std::memory_order_relaxed)) {
    wait = Duration{};
  }
  turn_began_ns_.store(0, std::memory_order_relaxed);
  turns_.store(turns() + 1, std::memory_order_relaxed);
  wait_and_collect(wait);
  is_sleeping_.store(false, std::memory_order_relaxed);
}

void EventLoop::stop() noexcept {
  must_stop_.store(true, std::memory_order_seq_cst);
  wake();
}

void EventLoop::wake() noexcept {
  if (is_sleeping_.load(std::memory_order_seq_cst)) {
    const uint64_t one = 1;
    const ssize_t written = ::write(wake_fd_, &one, sizeof(one));
    static_cast<void>(written);  // EAGAIN: the counter is full of wakes already.
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
  while (!dead_.empty()) {
    std::vector<std::move_only_function<void()>> dying;
    dying.swap(dead_);
    for (auto& destroy : dying) {
      destroy();
    }
  }
}

void EventLoop::add_turn_hook(TurnHook& hook) { hooks_.push_back(&hook); }

void EventLoop::remove_turn_hook(TurnHook& hook) noexcept { std::erase(hooks_, &hook); }

Result<std::unique_ptr<TcpSocket>> EventLoop::begin_connect(const SocketAddress& address) {
  const int fd =
      ::socket(address.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return fail(Error{.code = ErrorCode::kExhausted, .os_errno = errno, .detail = "socket"});
  }
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  if (::connect(fd, address.data(), address.size()) != 0 && errno != EINPROGRESS) {
    const int cause = errno;
    ::close(fd);
    return fail(Error{.code = ErrorCode::kRefused, .os_errno = cause, .detail = "connect"});
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
