// SPDX-License-Identifier: Apache-2.0
#include "io/compute_pool.h"

#include <pthread.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace zerq::io {

struct ComputePool::State {
  explicit State(const FairQueueLimits& limits) : queue(limits) {}

  std::mutex mutex;
  std::condition_variable has_work;
  FairQueue<Job> queue;    // Guarded by mutex.
  bool is_ending = false;  // Guarded by mutex.
  ReturnDesk desk;
  std::vector<std::thread> threads;

  void work() {
    ::pthread_setname_np(::pthread_self(), "compute");
    while (true) {
      std::optional<Job> job;
      {
        std::unique_lock lock(mutex);
        has_work.wait(lock, [this] { return is_ending || queue.size() > 0; });
        if (is_ending) {
          return;
        }
        job = queue.pop();
      }
      (*job)();
    }
  }
};

ComputePool::ComputePool(size_t threads, const FairQueueLimits& limits)
    : state_(std::make_unique<State>(limits)) {
  for (size_t i = 0; i < threads; ++i) {
    state_->threads.emplace_back([state = state_.get()] { state->work(); });
  }
}

ComputePool::~ComputePool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_ending = true;
  }
  state_->has_work.notify_all();
  for (std::thread& thread : state_->threads) {
    thread.join();
  }
}

bool ComputePool::run(uint64_t client, uint64_t cost, Job job) {
  {
    const std::lock_guard lock(state_->mutex);
    if (!state_->queue.push(client, cost, std::move(job))) {
      return false;
    }
  }
  state_->has_work.notify_one();
  return true;
}

ReturnDesk& ComputePool::desk() { return state_->desk; }

}  // namespace zerq::io
