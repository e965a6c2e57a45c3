// SPDX-License-Identifier: Apache-2.0
// The one lock that shards share (architecture §6): a word on the cache line of what it guards, in
// memory that two processes may map. Held for some tens of nanoseconds; whoever waits longer than
// that found its holder preempted, and gives the core away.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

namespace zerq::limits {

using SpinWord = std::atomic<uint32_t>;
static_assert(SpinWord::is_always_lock_free);

class SpinHold {
 public:
  explicit SpinHold(SpinWord& word) noexcept : word_(word) {
    while (word_.exchange(1, std::memory_order_acquire) != 0) [[unlikely]] {
      wait();
    }
  }
  ~SpinHold() { word_.store(0, std::memory_order_release); }
  SpinHold(const SpinHold&) = delete;
  SpinHold& operator=(const SpinHold&) = delete;

 private:
  void wait() noexcept {
    constexpr int kLooksBeforeYield = 500;
    for (int look = 0; look < kLooksBeforeYield; ++look) {
      if (word_.load(std::memory_order_relaxed) == 0) {
        return;
      }
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
    std::this_thread::yield();
  }

  SpinWord& word_;
};

}  // namespace zerq::limits
