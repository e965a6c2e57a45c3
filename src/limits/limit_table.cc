// SPDX-License-Identifier: Apache-2.0
#include "limits/limit_table.h"

namespace zerq::limits {
namespace {

// A window that died under a reader leads it into another chain; then it looks again, properly.
constexpr int kLinksMax = 256;

constexpr uint32_t kWindowUnits = sizeof(ExactWindow) / WindowMemory::kUnitBytes;
constexpr uint32_t kWindowsAtOnce = WindowMemory::kBlockBytesMax / sizeof(ExactWindow);

// The ids are the operator's, so nobody can choose them to collide. Never 0, which is a dead one.
uint64_t tag_of(const WindowKey& key) {
  constexpr uint64_t kMix = 0x9E3779B97F4A7C15ULL;
  const std::hash<ObjectId> hash;
  uint64_t tag = hash(key.client);
  tag = (tag ^ (tag >> 32)) * kMix + hash(key.part);
  tag = (tag ^ (tag >> 32)) * kMix + hash(key.policy);
  tag = (tag ^ (tag >> 32)) * kMix + static_cast<uint64_t>(key.window.count()) * 8 +
        static_cast<uint64_t>(key.per);
  tag = (tag ^ (tag >> 32)) * kMix;
  return (tag ^ (tag >> 32)) | (uint64_t{1} << 63);
}

}  // namespace

WindowPin LimitTable::pin(const WindowKey& key) noexcept {
  const SpinHold hold(memory_.index().word);
  ExactWindow* const window = find_or_begin(key, tag_of(key));
  if (window == nullptr) {
    return {};
  }
  ++window->pins_;
  return {*this, *window};
}

void LimitTable::unpin(ExactWindow& window) noexcept {
  const SpinHold hold(memory_.index().word);
  --window.pins_;
}

LimitDecision LimitTable::admit(const WindowKey& key, uint32_t requests,
                                const Clock& clock) noexcept {
  const uint64_t tag = tag_of(key);
  uint32_t next = chain_of(tag).load(std::memory_order_acquire);
  for (int links = 0; next != 0 && links < kLinksMax; ++links) {
    auto* const window = memory_.at<ExactWindow>(next);
    if (window->tag_.load(std::memory_order_acquire) == tag) {
      if (const auto decision = window->admit_as(key, memory_, requests, clock)) {
        return *decision;
      }
    }
    next = window->next_.load(std::memory_order_acquire);
  }
  const SpinHold hold(memory_.index().word);
  ExactWindow* const window = find_or_begin(key, tag);
  return window != nullptr ? window->admit(memory_, requests, clock)
                           : LimitDecision{.is_unavailable = true};
}

// Null: no memory.
ExactWindow* LimitTable::find_or_begin(const WindowKey& key, uint64_t tag) noexcept {
  std::atomic<uint32_t>& head = chain_of(tag);
  const uint32_t first = head.load(std::memory_order_relaxed);
  for (uint32_t next = first; next != 0;) {
    auto* const window = memory_.at<ExactWindow>(next);
    if (window->is_of(key)) {
      return window;
    }
    next = window->next_.load(std::memory_order_relaxed);
  }
  const uint32_t taken = take_window();
  if (taken == 0) {
    return nullptr;
  }
  auto* const window = memory_.at<ExactWindow>(taken);
  window->begin(key, tag);
  window->next_.store(first, std::memory_order_release);
  head.store(taken, std::memory_order_release);
  return window;
}

// Memory that was a window once is a window for ever: a reader that comes too late finds a spin
// word where it expects one.
uint32_t LimitTable::take_window() noexcept {
  WindowMemory::Index& index = memory_.index();
  if (index.free_windows == 0) {
    const uint32_t block = memory_.allocate(WindowMemory::kOrderMax);
    if (block == 0) {
      return 0;
    }
    for (uint32_t i = 0; i < kWindowsAtOnce; ++i) {
      const uint32_t at = block + i * kWindowUnits;
      auto* const window = new (memory_.at<void>(at)) ExactWindow{};
      window->next_.store(index.free_windows, std::memory_order_relaxed);
      index.free_windows = at;
    }
  }
  const uint32_t taken = index.free_windows;
  index.free_windows = memory_.at<ExactWindow>(taken)->next_.load(std::memory_order_relaxed);
  return taken;
}

void LimitTable::sweep(const Clock& clock) noexcept {
  for (std::atomic<uint32_t>& head : memory_.index().heads) {
    if (head.load(std::memory_order_relaxed) != 0) {
      sweep_chain(head, clock);
    }
  }
}

void LimitTable::sweep_chain(std::atomic<uint32_t>& head, const Clock& clock) noexcept {
  WindowMemory::Index& index = memory_.index();
  const SpinHold hold(index.word);
  std::atomic<uint32_t>* link = &head;
  while (const uint32_t at = link->load(std::memory_order_relaxed)) {
    auto* const window = memory_.at<ExactWindow>(at);
    if (!window->end_if_idle(memory_, clock)) {
      link = &window->next_;
      continue;
    }
    link->store(window->next_.load(std::memory_order_relaxed), std::memory_order_release);
    window->tag_.store(0, std::memory_order_relaxed);
    window->next_.store(index.free_windows, std::memory_order_release);
    index.free_windows = at;
  }
}

}  // namespace zerq::limits
