// SPDX-License-Identifier: Apache-2.0
// Where calls that block run (store drivers). `Blocking` is a token that only this pool's threads
// hold: a function that takes one cannot be called from a shard (ADR 0008).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "io/return_desk.h"

namespace zerq::io {

class Blocking {
 public:
  Blocking(const Blocking&) = default;

 private:
  friend class BlockingPool;  // Its threads.
  // Threads that own their blocking work from birth: the journal thread and the sealer (main/),
  // the offline command line. Named here so that the list can be read.
  friend class BlockingThread;
  Blocking() = default;
};

// A named thread that may block; its body gets the token.
class BlockingThread {
 public:
  BlockingThread(const char* name, std::move_only_function<void(Blocking)> body);
  // Joins.
  ~BlockingThread();
  BlockingThread(const BlockingThread&) = delete;
  BlockingThread& operator=(const BlockingThread&) = delete;
  // The process's only thread, before others start and in the offline command line.
  static Blocking on_main_thread() { return Blocking(); }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class BlockingPool {
 public:
  using Job = std::move_only_function<void(Blocking)>;
  BlockingPool(size_t threads, size_t queue_max);
  // Runs what is queued, then joins.
  ~BlockingPool();
  // Any thread. False: the queue is full (the job is destroyed).
  [[nodiscard]] bool run(Job job);
  // For BlockingCall. The pool outlives every loop that waits for it.
  ReturnDesk& desk();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace zerq::io
