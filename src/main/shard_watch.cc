// SPDX-License-Identifier: Apache-2.0
#include "main/shard_watch.h"

#include <pthread.h>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace zerq {
namespace {

constexpr Duration kLook = std::chrono::seconds(1);
constexpr Duration kStuckAfter = std::chrono::seconds(5);
constexpr int kLooksPerSweep = 60;

}  // namespace

struct ShardWatch::State {
  Parts parts;
  std::mutex mutex;
  std::condition_variable ended;
  bool is_ending = false;  // Guarded by mutex.
  std::thread thread;

  void run() {
    ::pthread_setname_np(::pthread_self(), "watch");
    for (int look = 1;; ++look) {
      {
        std::unique_lock lock(mutex);
        if (ended.wait_for(lock, kLook, [this] { return is_ending; })) {
          return;
        }
      }
      look_at_shards();
      parts.readiness.set(telemetry::NotReady::kJournalDown, !parts.audit.is_ready());
      if (look % kLooksPerSweep == 0) {
        parts.windows.sweep(parts.clock);
      }
    }
  }

  void look_at_shards() {
    const Instant now = parts.clock.now();
    bool is_stuck = false;
    for (size_t i = 0; i < parts.shards.size(); ++i) {
      is_stuck = is_stuck || parts.shards.at(i).is_stuck(now, kStuckAfter);
    }
    parts.readiness.set(telemetry::NotReady::kShardStuck, is_stuck);
  }
};

ShardWatch::ShardWatch(const Parts& parts) : state_(new State{.parts = parts}) {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

ShardWatch::~ShardWatch() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_ending = true;
  }
  state_->ended.notify_all();
  state_->thread.join();
}

}  // namespace zerq
