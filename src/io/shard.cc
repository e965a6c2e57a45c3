// SPDX-License-Identifier: Apache-2.0
#include "io/shard.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <optional>

namespace zerq::io {
namespace {

// ⌈quota / period⌉ of this cgroup (v2); none: no limit.
std::optional<uint32_t> cgroup_cores() {
  std::FILE* file = std::fopen("/sys/fs/cgroup/cpu.max", "re");
  if (file == nullptr) {
    return std::nullopt;
  }
  unsigned long long quota = 0;
  unsigned long long period = 0;
  const int fields = std::fscanf(file, "%llu %llu", &quota, &period);
  std::fclose(file);
  if (fields != 2 || period == 0) {
    return std::nullopt;  // "max 100000"
  }
  return static_cast<uint32_t>(std::max(1ULL, (quota + period - 1) / period));
}

}  // namespace

Shard::Shard(uint32_t index, EventLoop& loop, ShardLedger& ledger)
    : index_(index), loop_(loop), ledger_(ledger) {
  loop_.add_turn_hook(*this);
}

Shard::~Shard() { loop_.remove_turn_hook(*this); }

void Shard::on_turn(Instant now) noexcept {
  turn_began_ns_.store(now.ns, std::memory_order_relaxed);
}

uint32_t usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  uint32_t cores = 1;
  if (::sched_getaffinity(0, sizeof(set), &set) == 0) {
    cores = static_cast<uint32_t>(std::max(1, CPU_COUNT(&set)));
  }
  return std::min(cores, cgroup_cores().value_or(cores));
}

struct ShardSet::StartUp {
  std::mutex mutex;
  std::condition_variable changed;
  uint32_t started = 0;         // Guarded by mutex.
  std::optional<Error> failed;  // Guarded by mutex.
};

ShardSet::ShardSet(uint32_t count, Backend backend, const Clock& clock, MemoryLedger& ledger)
    : count_(count),
      backend_(backend),
      clock_(clock),
      ledger_(ledger),
      shards_(count),
      start_up_(std::make_unique<StartUp>()) {}

ShardSet::~ShardSet() { stop(); }

Result<> ShardSet::start(Body body) {
  for (uint32_t i = 0; i < count_; ++i) {
    threads_.emplace_back([this, i, body] { run_thread(i, body); });
  }
  std::unique_lock lock(start_up_->mutex);
  start_up_->changed.wait(lock, [this] {
    return start_up_->started == count_ || start_up_->failed.has_value();
  });
  if (start_up_->failed.has_value()) {
    return fail(*start_up_->failed);
  }
  return {};
}

void ShardSet::run_thread(uint32_t index, const Body& body) {
  ::pthread_setname_np(::pthread_self(), fmt::format("shard-{}", index).c_str());
  ShardLedger ledger(ledger_);
  Result<std::unique_ptr<EventLoop>> loop =
      EventLoop::create({.backend = backend_, .ledger = &ledger}, clock_);
  if (!loop.has_value()) {
    const std::lock_guard lock(start_up_->mutex);
    start_up_->failed = loop.error();
    start_up_->changed.notify_all();
    return;
  }
  Shard shard(index, **loop, ledger);
  {
    const std::lock_guard lock(start_up_->mutex);
    shards_[index] = &shard;
    ++start_up_->started;
    start_up_->changed.notify_all();
  }
  body(shard);
}

void ShardSet::stop() {
  for (Shard* shard : shards_) {
    if (shard != nullptr) {
      shard->loop().stop();
    }
  }
  for (std::thread& thread : threads_) {
    thread.join();
  }
  threads_.clear();
  std::ranges::fill(shards_, nullptr);
}

}  // namespace zerq::io
