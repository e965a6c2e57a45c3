// SPDX-License-Identifier: Apache-2.0
// Shard: one thread with one event loop (rung: Shard). Its thread runs `body(shard)`: the body
// builds what lives on the shard, calls loop.run(), and tears it down again on the same thread.
// ShardSet starts N of them and ends them; how many is up to usable_cores().
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "io/event_loop.h"
#include "io/memory_ledger.h"
#include "io/usable_cores.h"

namespace zerq::io {

class TurnWatchdog;

class Shard final {
 public:
  // On the shard's thread.
  Shard(uint32_t index, EventLoop& loop, ShardLedger& ledger);
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  uint32_t index() const { return index_; }
  EventLoop& loop() const { return loop_; }
  ShardLedger& ledger() const { return ledger_; }
  pthread_t thread() const { return thread_; }

  // Open connections; any thread may read and add (accept balancing).
  int64_t load() const { return load_.load(std::memory_order_relaxed); }
  void add_load(int64_t connections) { load_.fetch_add(connections, std::memory_order_relaxed); }

  // Any thread. A shard that waits for events is well, one that has been in a turn for longer than
  // `limit` is not.
  bool is_stuck(Instant now, Duration limit) const;

 private:
  uint32_t index_;
  EventLoop& loop_;
  ShardLedger& ledger_;
  pthread_t thread_;
  std::atomic<int64_t> load_ = 0;
};

class ShardSet {
 public:
  using Body = std::function<void(Shard&)>;

  // Pinned shards stay on one core each, in the order of the cores that the process may use.
  ShardSet(uint32_t count, Backend backend, const Clock& clock, MemoryLedger& ledger,
           bool is_pinned = false);
  // Stops and joins.
  ~ShardSet();
  ShardSet(const ShardSet&) = delete;
  ShardSet& operator=(const ShardSet&) = delete;

  // Starts all threads; returns once every loop exists and the bodies run, or, with no thread left
  // and no body called, with the error of a loop that could not be made.
  Result<> start(Body body);
  void stop();

  size_t size() const { return shards_.size(); }
  // Between start() and stop(), while its body runs.
  Shard& at(size_t index) { return *shards_[index]; }

  // Turns that took longer than they may (architecture §1); counted in debug builds only.
  uint64_t late_turns() const;

 private:
  void run_thread(uint32_t index, const Body& body);
  void join();

  uint32_t count_;
  Backend backend_;
  const Clock& clock_;
  MemoryLedger& ledger_;
  bool is_pinned_;
  std::vector<Shard*> shards_;
  std::vector<std::thread> threads_;
  std::unique_ptr<TurnWatchdog> watchdog_;
  struct Roll;
  std::unique_ptr<Roll> roll_;
};

}  // namespace zerq::io
