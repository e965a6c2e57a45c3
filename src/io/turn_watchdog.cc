// SPDX-License-Identifier: Apache-2.0
#include "io/turn_watchdog.h"

#include <link.h>
#include <pthread.h>
#include <unistd.h>
#include <unwind.h>

#include <array>
#include <charconv>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <mutex>
#include <thread>

#include "io/shard.h"

namespace zerq::io {
namespace {

// Ignored by default, so that one more of them harms nobody.
constexpr int kReportSignal = SIGURG;
constexpr size_t kFramesMax = 32;

Duration cpu_time_of(pthread_t thread) {
  clockid_t clock = 0;
  timespec time{};
  if (::pthread_getcpuclockid(thread, &clock) != 0 || ::clock_gettime(clock, &time) != 0) {
    return {};
  }
  return std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec);
}

// Where the binary was loaded; found before any signal can ask for it.
uintptr_t load_address = 0;

int remember_load_address(dl_phdr_info* object, size_t, void*) {
  load_address = object->dlpi_addr;
  return 1;  // The first object is the binary.
}

struct Frames {
  std::array<uintptr_t, kFramesMax> at{};
  size_t count = 0;
};

_Unwind_Reason_Code add_frame(_Unwind_Context* context, void* argument) {
  Frames& frames = *static_cast<Frames*>(argument);
  if (frames.count == kFramesMax) {
    return _URC_END_OF_STACK;
  }
  frames.at[frames.count++] = _Unwind_GetIP(context);
  return _URC_NO_REASON;
}

// On the late shard's thread, wherever it is: no allocation, no lock, one write.
void print_stack(int) {
  const int saved = errno;
  Frames frames;
  _Unwind_Backtrace(&add_frame, &frames);
  std::array<char, 64 + kFramesMax * 20> text{};
  constexpr std::string_view kHead = "a turn takes too long, at:";
  std::memcpy(text.data(), kHead.data(), kHead.size());
  char* end = text.data() + kHead.size();
  for (size_t i = 0; i < frames.count; ++i) {
    *end++ = ' ';
    *end++ = '0';
    *end++ = 'x';
    end = std::to_chars(end, text.data() + text.size() - 1, frames.at[i] - load_address, 16).ptr;
  }
  *end++ = '\n';
  const ssize_t written =
      ::write(STDERR_FILENO, text.data(), static_cast<size_t>(end - text.data()));
  static_cast<void>(written);
  errno = saved;
}

}  // namespace

struct TurnWatchdog::State {
  // What was seen of a shard at the last look.
  struct Watched {
    const Shard* shard;
    int64_t turn_began_ns = 0;
    Duration cpu_then{};
    bool is_counted = false;
  };

  State(std::vector<const Shard*> shards, const Clock& c, TurnLimits l) : clock(c), limits(l) {
    for (const Shard* shard : shards) {
      watched.push_back({.shard = shard});
    }
  }

  const Clock& clock;
  const TurnLimits limits;
  std::vector<Watched> watched;
  Instant next_report{};
  std::atomic<uint64_t> late = 0;
  std::mutex mutex;
  std::condition_variable ended;
  bool is_ending = false;  // Guarded by mutex.
  std::thread thread;

  void run() {
    ::pthread_setname_np(::pthread_self(), "watchdog");
    std::unique_lock lock(mutex);
    while (!ended.wait_for(lock, limits.look_every, [this] { return is_ending; })) {
      for (Watched& one : watched) {
        look_at(one);
      }
    }
  }

  void look_at(Watched& one) {
    const int64_t began = one.shard->loop().turn_began_ns();
    if (began == 0) {
      one.turn_began_ns = 0;
      return;
    }
    const Duration cpu = cpu_time_of(one.shard->thread());
    if (began != one.turn_began_ns) {
      one = {.shard = one.shard, .turn_began_ns = began, .cpu_then = cpu};
      return;
    }
    const Instant now = clock.now();
    if (one.is_counted ||
        (cpu - one.cpu_then < limits.cpu_max && !one.shard->is_stuck(now, limits.wall_max))) {
      return;
    }
    one.is_counted = true;
    late.fetch_add(1, std::memory_order_relaxed);
    if (now >= next_report) {
      next_report = now + limits.report_every;
      ::pthread_kill(one.shard->thread(), kReportSignal);
    }
  }
};

TurnWatchdog::TurnWatchdog(std::vector<const Shard*> shards, const Clock& clock, TurnLimits limits)
    : state_(std::make_unique<State>(std::move(shards), clock, limits)) {
  ::dl_iterate_phdr(&remember_load_address, nullptr);
  struct sigaction action{};
  action.sa_handler = &print_stack;
  action.sa_flags = SA_RESTART;
  ::sigaction(kReportSignal, &action, nullptr);
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

TurnWatchdog::~TurnWatchdog() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_ending = true;
  }
  state_->ended.notify_all();
  state_->thread.join();
}

uint64_t TurnWatchdog::late_turns() const { return state_->late.load(std::memory_order_relaxed); }

}  // namespace zerq::io
