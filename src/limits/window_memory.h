// SPDX-License-Identifier: Apache-2.0
// The memory of all windows (rung: Gateway; any thread): a memfd, so that a new process can take it
// over and an upgrade does not admit twice. So everything in it is found by number and never by
// address, what hands it out included. Blocks are 64 bytes times a power of two, merged with their
// neighbour when both are free; pages that nobody used cost nothing.
#pragma once

#include <cstddef>
#include <cstdint>

#include "limits/spin_word.h"

namespace zerq::limits {

class WindowMemory {
 public:
  static constexpr size_t kUnitBytes = 64;
  static constexpr unsigned kOrderMax = 8;
  static constexpr size_t kBlockBytesMax = kUnitBytes << kOrderMax;  // 16 KiB
  static constexpr size_t kBytesMax = size_t{4} << 30;  // Of address space.
  static constexpr uint32_t kIndexHeads = 65536;

  explicit WindowMemory(size_t bytes_max);
  ~WindowMemory();
  WindowMemory(const WindowMemory&) = delete;
  WindowMemory& operator=(const WindowMemory&) = delete;

  // A block of kUnitBytes << order, not zeroed; 0: the limit is reached.
  uint32_t allocate(unsigned order) noexcept;
  void give_back(uint32_t block, unsigned order) noexcept;

  template <class T>
  T* at(uint32_t unit) const noexcept {
    return reinterpret_cast<T*>(start_ + size_t{unit} * kUnitBytes);
  }

  // What is handed out stays; only more is refused.
  void set_bytes_max(size_t bytes) noexcept;
  size_t bytes_used() const noexcept;

  // Of LimitTable, which has to be here too.
  struct Index {
    SpinWord word;
    uint32_t free_windows;  // Linked; guarded by the word.
    std::atomic<uint32_t> heads[kIndexHeads];
  };
  Index& index() const noexcept;

 private:
  struct Head;
  struct FreeBlock;
  Head& head() const noexcept;
  uint8_t& order_mark(uint32_t block) const noexcept;
  void push_free(uint32_t block, unsigned order) noexcept;
  void remove_free(uint32_t block, unsigned order) noexcept;

  int fd_;
  std::byte* start_;
};

}  // namespace zerq::limits
