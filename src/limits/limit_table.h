// SPDX-License-Identifier: Apache-2.0
// LimitTable: every rate-limit window of the process by its key (rung: Gateway; any thread). What a
// snapshot knows beforehand (`per` client, profile) it pins, so that a request looks nothing up;
// the others are found without a lock. A window that nobody pins dies once it was idle for its
// length. New windows, pins and deaths take a spin word; a request takes it for a new key alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/clock.h"
#include "limits/exact_window.h"
#include "limits/window_memory.h"

namespace zerq::limits {

class LimitTable;

// Keeps a window alive; the table outlives it.
class WindowPin {
 public:
  WindowPin() = default;
  ~WindowPin() { release(); }
  WindowPin(WindowPin&& other) noexcept
      : table_(std::exchange(other.table_, nullptr)),
        window_(std::exchange(other.window_, nullptr)) {}
  WindowPin& operator=(WindowPin&& other) noexcept {
    std::swap(table_, other.table_);
    std::swap(window_, other.window_);
    return *this;
  }

  bool is_set() const { return window_ != nullptr; }
  LimitDecision admit(uint32_t requests, const Clock& clock) const noexcept;

 private:
  friend class LimitTable;
  WindowPin(LimitTable& table, ExactWindow& window) : table_(&table), window_(&window) {}
  void release() noexcept;

  LimitTable* table_ = nullptr;
  ExactWindow* window_ = nullptr;
};

class LimitTable {
 public:
  static constexpr size_t kMemoryBytesDefault = size_t{64} << 20;

  explicit LimitTable(size_t memory_bytes = kMemoryBytesDefault) : memory_(memory_bytes) {}
  LimitTable(const LimitTable&) = delete;
  LimitTable& operator=(const LimitTable&) = delete;

  // Unset when there is no memory for it; admit() then says so, or finds that there is some again.
  WindowPin pin(const WindowKey& key) noexcept;
  LimitDecision admit(const WindowKey& key, uint32_t requests, const Clock& clock) noexcept;

  // Gives back what idle windows hold. Not for shards: it looks at every window.
  void sweep(const Clock& clock) noexcept;
  void set_memory_bytes(size_t bytes) noexcept { memory_.set_bytes_max(bytes); }
  size_t memory_bytes_used() const noexcept { return memory_.bytes_used(); }

 private:
  friend class WindowPin;
  void unpin(ExactWindow& window) noexcept;
  std::atomic<uint32_t>& chain_of(uint64_t tag) const noexcept {
    return memory_.index().heads[tag % WindowMemory::kIndexHeads];
  }
  ExactWindow* find_or_begin(const WindowKey& key, uint64_t tag) noexcept;
  uint32_t take_window() noexcept;
  void sweep_chain(std::atomic<uint32_t>& link, const Clock& clock) noexcept;

  WindowMemory memory_;
};

inline LimitDecision WindowPin::admit(uint32_t requests, const Clock& clock) const noexcept {
  return window_->admit(table_->memory_, requests, clock);
}

inline void WindowPin::release() noexcept {
  if (window_ != nullptr) {
    table_->unpin(*window_);
  }
}

}  // namespace zerq::limits
