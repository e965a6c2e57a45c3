// SPDX-License-Identifier: Apache-2.0
#include "io/blocking_pool.h"

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace zerq::io {

struct BlockingThread::State {
  std::thread thread;
};

BlockingThread::BlockingThread(const char* name, std::move_only_function<void(Blocking)> body)
    : state_(std::make_unique<State>()) {
  state_->thread = std::thread([name, body = std::move(body)]() mutable {
    ::pthread_setname_np(::pthread_self(), name);
    body(Blocking());
  });
}

BlockingThread::~BlockingThread() { state_->thread.join(); }

struct BlockingPool::State {
  std::mutex mutex;
  std::condition_variable has_work;
  std::deque<Job> queue;  // Guarded by mutex.
  size_t queue_max = 0;
  bool is_ending = false;  // Guarded by mutex.
  ReturnDesk desk;
  std::vector<std::thread> threads;

  void work() {
    ::pthread_setname_np(::pthread_self(), "blocking");
    while (true) {
      Job job;
      {
        std::unique_lock lock(mutex);
        has_work.wait(lock, [this] { return is_ending || !queue.empty(); });
        if (queue.empty()) {
          return;
        }
        job = std::move(queue.front());
        queue.pop_front();
      }
      job(Blocking());
    }
  }
};

BlockingPool::BlockingPool(size_t threads, size_t queue_max) : state_(std::make_unique<State>()) {
  state_->queue_max = queue_max;
  for (size_t i = 0; i < threads; ++i) {
    state_->threads.emplace_back([state = state_.get()] { state->work(); });
  }
}

BlockingPool::~BlockingPool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_ending = true;
  }
  state_->has_work.notify_all();
  for (std::thread& thread : state_->threads) {
    thread.join();
  }
}

ReturnDesk& BlockingPool::desk() { return state_->desk; }

bool BlockingPool::run(Job job) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->queue.size() >= state_->queue_max) {
      return false;
    }
    state_->queue.push_back(std::move(job));
  }
  state_->has_work.notify_one();
  return true;
}

}  // namespace zerq::io
