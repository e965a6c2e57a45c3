// SPDX-License-Identifier: Apache-2.0
// Shard: one thread with one event loop (rung: Shard). Its thread runs `body(loop)`: the body
// builds what lives on the shard, calls loop.run(), and tears it down again on the same thread.
// ShardSet starts N of them. How many: min(affinity, ⌈cgroup cpu.max⌉), architecture §1.
#pragma once

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

namespace zerq::io {

class Shard final : private TurnHook {
 public:
  Shard(uint32_t index, EventLoop& loop, ShardLedger& ledger);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  uint32_t index() const { return index_; }
  EventLoop& loop() const { return loop_; }
  ShardLedger& ledger() const { return ledger_; }

  // Open connections; any thread may read and add (accept balancing).
  int64_t load() const { return load_.load(std::memory_order_relaxed); }
  void add_load(int64_t connections) { load_.fetch_add(connections, std::memory_order_relaxed); }

  // When the current turn began, 0 while the loop waits for events; any thread.
  int64_t turn_began_ns() const { return turn_began_ns_.load(std::memory_order_relaxed); }

 private:
  void on_turn(Instant now) noexcept override;

  uint32_t index_;
  EventLoop& loop_;
  ShardLedger& ledger_;
  std::atomic<int64_t> load_ = 0;
  std::atomic<int64_t> turn_began_ns_ = 0;
};

// The cores that this process may use.
uint32_t usable_cores();

class ShardSet {
 public:
  using Body = std::function<void(Shard&)>;

  ShardSet(uint32_t count, Backend backend, const Clock& clock, MemoryLedger& ledger);
  // Stops and joins.
  ~ShardSet();
  ShardSet(const ShardSet&) = delete;
  ShardSet& operator=(const ShardSet&) = delete;

  // Starts all threads; returns once every loop exists, or with the error of the first that failed.
  Result<> start(Body body);
  void stop();

  size_t size() const { return shards_.size(); }
  Shard& at(size_t index) { return *shards_[index]; }

 private:
  void run_thread(uint32_t index, const Body& body);

  uint32_t count_;
  Backend backend_;
  const Clock& clock_;
  MemoryLedger& ledger_;
  std::vector<Shard*> shards_;
  std::vector<std::thread> threads_;
  struct StartUp;
  std::unique_ptr<StartUp> start_up_;
};

}  // namespace zerq::io
