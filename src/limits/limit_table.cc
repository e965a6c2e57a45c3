// SPDX-License-Identifier: Apache-2.0
#include "limits/limit_table.h"

namespace zerq::limits {

class LimitTable::Hold {
 public:
  explicit Hold(std::atomic<uint32_t>& word) : word_(word) {
    while (word_.exchange(1, std::memory_order_acquire) != 0) {
    }
  }
  ~Hold() { word_.store(0, std::memory_order_release); }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  std::atomic<uint32_t>& word_;
};

ExactWindow& LimitTable::find_or_add(const WindowKey& key) {
  const Hold hold(is_held_);
  std::unique_ptr<ExactWindow>& window = windows_[key];
  if (window == nullptr) {
    window = std::make_unique<ExactWindow>();
  }
  return *window;
}

size_t LimitTable::sweep(const Clock& clock) {
  const Hold hold(is_held_);
  size_t bytes = 0;
  for (const auto& [key, window] : windows_) {
    bytes += window->release_if_idle(clock);
  }
  return bytes;
}

}  // namespace zerq::limits
