// SPDX-License-Identifier: Apache-2.0
#include "io/shard.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "io/turn_watchdog.h"

namespace zerq::io {
namespace {

void pin_to_core(uint32_t index) {
  cpu_set_t usable;
  CPU_ZERO(&usable);
  if (::sched_getaffinity(0, sizeof(usable), &usable) != 0 || CPU_COUNT(&usable) == 0) {
    return;
  }
  uint32_t skip = index % static_cast<uint32_t>(CPU_COUNT(&usable));
  for (size_t core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &usable) && skip-- == 0) {
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(core, &one);
      ::pthread_setaffinity_np(::pthread_self(), sizeof(one), &one);
      return;
    }
  }
}

}  // namespace

Shard::Shard(uint32_t index, EventLoop& loop, ShardLedger& ledger)
    : index_(index), loop_(loop), ledger_(ledger), thread_(::pthread_self()) {}

bool Shard::is_stuck(Instant now, Duration limit) const {
  const int64_t began = loop_.turn_began_ns();
  return began != 0 && now - Instant{began} > limit;
}

// Who is there. Entries of shards_ are written under the mutex too.
struct ShardSet::Roll {
  std::mutex mutex;
  std::condition_variable changed;
  uint32_t present = 0;         // Guarded by mutex.
  std::optional<Error> failed;  // Guarded by mutex.

  bool is_complete(uint32_t count) const { return present == count || failed.has_value(); }
};

ShardSet::ShardSet(uint32_t count, Backend backend, const Clock& clock, MemoryLedger& ledger,
                   bool is_pinned)
    : count_(count),
      backend_(backend),
      clock_(clock),
      ledger_(ledger),
      is_pinned_(is_pinned),
      shards_(count),
      roll_(std::make_unique<Roll>()) {}

ShardSet::~ShardSet() { stop(); }

Result<> ShardSet::start(Body body) {
  CHECK(threads_.empty());
  for (uint32_t i = 0; i < count_; ++i) {
    threads_.emplace_back([this, i, body] { run_thread(i, body); });
  }
  std::unique_lock lock(roll_->mutex);
  roll_->changed.wait(lock, [this] { return roll_->is_complete(count_); });
  if (roll_->failed.has_value()) {
    const Error error = *roll_->failed;
    lock.unlock();
    join();
    return fail(error);
  }
#ifndef NDEBUG
  watchdog_ = std::make_unique<TurnWatchdog>(
      std::vector<const Shard*>(shards_.begin(), shards_.end()), clock_, TurnLimits());
#endif
  return {};
}

void ShardSet::run_thread(uint32_t index, const Body& body) {
  ::pthread_setname_np(::pthread_self(), fmt::format("shard-{}", index).c_str());
  if (is_pinned_) {
    pin_to_core(index);
  }
  ShardLedger ledger(ledger_);
  Result<std::unique_ptr<EventLoop>> loop =
      EventLoop::create({.backend = backend_, .ledger = &ledger}, clock_);
  std::unique_lock lock(roll_->mutex);
  if (!loop.has_value()) {
    roll_->failed = loop.error();
    roll_->changed.notify_all();
    return;
  }
  Shard shard(index, **loop, ledger);
  shards_[index] = &shard;
  ++roll_->present;
  roll_->changed.notify_all();
  roll_->changed.wait(lock, [this] { return roll_->is_complete(count_); });
  if (!roll_->failed.has_value()) {
    lock.unlock();
    body(shard);
    lock.lock();
  }
  shards_[index] = nullptr;
}

void ShardSet::stop() {
  watchdog_.reset();
  {
    const std::lock_guard lock(roll_->mutex);
    for (Shard* shard : shards_) {
      if (shard != nullptr) {
        shard->loop().stop();
      }
    }
  }
  join();
}

void ShardSet::join() {
  for (std::thread& thread : threads_) {
    thread.join();
  }
  threads_.clear();
  roll_->present = 0;
  roll_->failed.reset();
}

uint64_t ShardSet::late_turns() const { return watchdog_ == nullptr ? 0 : watchdog_->late_turns(); }

}  // namespace zerq::io
