// SPDX-License-Identifier: Apache-2.0
#include "limits/window_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/check.h"

namespace zerq::limits {

// At the front of the memory.
struct WindowMemory::Head {
  SpinWord word;  // Guards all but bytes_max.
  uint32_t top;   // The first unit that was never handed out.
  std::array<uint32_t, kOrderMax + 1> free;
  std::atomic<uint64_t> bytes_max;
  std::atomic<uint64_t> bytes_used;
  Index index;
};

// In the block itself.
struct WindowMemory::FreeBlock {
  uint32_t previous;
  uint32_t next;
};

namespace {

constexpr size_t kPage = 4096;
constexpr size_t kUnits = WindowMemory::kBytesMax / WindowMemory::kUnitBytes;

constexpr size_t round_up(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

}  // namespace

// Behind the head a byte for each unit: one more than the order of the free block that begins
// there, else 0. Then the blocks.
WindowMemory::WindowMemory(size_t bytes_max) : fd_(::memfd_create("zerq-limits", MFD_CLOEXEC)) {
  CHECK(fd_ >= 0);
  CHECK(::ftruncate(fd_, kBytesMax) == 0);
  void* const mapped =
      ::mmap(nullptr, kBytesMax, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd_, 0);
  CHECK(mapped != MAP_FAILED);
  start_ = static_cast<std::byte*>(mapped);
  constexpr size_t kBlocksAt = round_up(round_up(sizeof(Head), kPage) + kUnits, kBlockBytesMax);
  head().top = kBlocksAt / kUnitBytes;
  set_bytes_max(bytes_max);
}

WindowMemory::~WindowMemory() {
  ::munmap(start_, kBytesMax);
  ::close(fd_);
}

WindowMemory::Head& WindowMemory::head() const noexcept { return *at<Head>(0); }
WindowMemory::Index& WindowMemory::index() const noexcept { return head().index; }

uint8_t& WindowMemory::order_mark(uint32_t block) const noexcept {
  return reinterpret_cast<uint8_t*>(start_ + round_up(sizeof(Head), kPage))[block];
}

void WindowMemory::set_bytes_max(size_t bytes) noexcept {
  head().bytes_max.store(bytes, std::memory_order_relaxed);
}

size_t WindowMemory::bytes_used() const noexcept {
  return head().bytes_used.load(std::memory_order_relaxed);
}

uint32_t WindowMemory::allocate(unsigned order) noexcept {
  DCHECK(order <= kOrderMax);
  Head& head = this->head();
  const SpinHold hold(head.word);
  unsigned found = order;
  while (found <= kOrderMax && head.free[found] == 0) {
    ++found;
  }
  const uint64_t used = head.bytes_used.load(std::memory_order_relaxed) + (kUnitBytes << order);
  if (used > head.bytes_max.load(std::memory_order_relaxed)) {
    return 0;
  }
  uint32_t block = 0;
  if (found <= kOrderMax) {
    block = head.free[found];
    remove_free(block, found);
  } else {
    constexpr uint32_t kUnitsMax = kBlockBytesMax / kUnitBytes;
    if (size_t{head.top} + kUnitsMax > kUnits) {
      return 0;
    }
    block = head.top;
    head.top += kUnitsMax;
    found = kOrderMax;
  }
  while (found > order) {
    --found;
    push_free(block + (1U << found), found);
  }
  head.bytes_used.store(used, std::memory_order_relaxed);
  return block;
}

void WindowMemory::give_back(uint32_t block, unsigned order) noexcept {
  Head& head = this->head();
  const SpinHold hold(head.word);
  const uint64_t used = head.bytes_used.load(std::memory_order_relaxed);
  head.bytes_used.store(used - (kUnitBytes << order), std::memory_order_relaxed);
  while (order < kOrderMax && order_mark(block ^ (1U << order)) == order + 1) {
    remove_free(block ^ (1U << order), order);
    block &= ~(1U << order);
    ++order;
  }
  push_free(block, order);
}

void WindowMemory::push_free(uint32_t block, unsigned order) noexcept {
  Head& head = this->head();
  const uint32_t next = head.free[order];
  *at<FreeBlock>(block) = {.previous = 0, .next = next};
  if (next != 0) {
    at<FreeBlock>(next)->previous = block;
  }
  head.free[order] = block;
  order_mark(block) = static_cast<uint8_t>(order + 1);
}

void WindowMemory::remove_free(uint32_t block, unsigned order) noexcept {
  const FreeBlock links = *at<FreeBlock>(block);
  if (links.previous == 0) {
    head().free[order] = links.next;
  } else {
    at<FreeBlock>(links.previous)->next = links.next;
  }
  if (links.next != 0) {
    at<FreeBlock>(links.next)->previous = links.previous;
  }
  order_mark(block) = 0;
}

}  // namespace zerq::limits
