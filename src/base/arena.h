// SPDX-License-Identifier: Apache-2.0
// Bump allocator of one exchange (rung: Exchange; one thread). Everything allocated from it dies
// with it, without destructors. Blocks come from the owner's BlockSource, so that the memory of a
// shard is charged and recycled in one place. Nothing that outlives the exchange may keep a view.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/check.h"

namespace zerq {

// Lends fixed-size blocks. Implemented by io/block_pool.h for a shard and by HeapBlocks below.
class BlockSource {
 public:
  static constexpr size_t kBlockBytes = 4096;
  // Aborts when the process is out of memory; never null.
  virtual std::byte* take_block() noexcept = 0;
  virtual void give_block(std::byte* block) noexcept = 0;
  // Blocks of any other size, for what does not fit (a head of 64 KiB).
  virtual std::byte* take_large(size_t bytes) noexcept = 0;
  virtual void give_large(std::byte* block, size_t bytes) noexcept = 0;

 protected:
  ~BlockSource() = default;
};

// Plain heap blocks: for tests and for threads that are not shards.
class HeapBlocks final : public BlockSource {
 public:
  std::byte* take_block() noexcept override {
    return static_cast<std::byte*>(::operator new(kBlockBytes));
  }
  void give_block(std::byte* block) noexcept override { ::operator delete(block); }
  std::byte* take_large(size_t bytes) noexcept override {
    return static_cast<std::byte*>(::operator new(bytes));
  }
  void give_large(std::byte* block, size_t) noexcept override { ::operator delete(block); }
};

class Arena {
 public:
  explicit Arena(BlockSource& source) noexcept : source_(source) {}
  // `first` is used up before a block is taken; it must outlive the arena.
  Arena(BlockSource& source, std::span<std::byte> first) noexcept
      : source_(source), next_(first.data()), end_(first.data() + first.size()) {}
  ~Arena() { release(); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  std::byte* allocate(size_t bytes, size_t align = alignof(std::max_align_t)) noexcept {
    const uintptr_t at = (reinterpret_cast<uintptr_t>(next_) + (align - 1)) & ~(align - 1);
    if (next_ == nullptr || bytes > reinterpret_cast<uintptr_t>(end_) - at ||
        at > reinterpret_cast<uintptr_t>(end_)) [[unlikely]] {
      return allocate_slow(bytes, align);
    }
    next_ = reinterpret_cast<std::byte*>(at + bytes);
    return reinterpret_cast<std::byte*>(at);
  }

  template <class T, class... Args>
  T* make(Args&&... args) noexcept {
    static_assert(std::is_trivially_destructible_v<T>, "the arena runs no destructors");
    return new (allocate(sizeof(T), alignof(T))) T{std::forward<Args>(args)...};
  }

  template <class T>
  std::span<T> make_array(size_t count) noexcept {
    static_assert(std::is_trivially_destructible_v<T>, "the arena runs no destructors");
    T* first = reinterpret_cast<T*>(allocate(count * sizeof(T), alignof(T)));
    for (size_t i = 0; i < count; ++i) {
      new (first + i) T{};
    }
    return {first, count};
  }

  std::string_view copy(std::string_view text) noexcept {
    if (text.empty()) {
      return {};
    }
    std::byte* to = allocate(text.size(), 1);
    std::memcpy(to, text.data(), text.size());
    return {reinterpret_cast<const char*>(to), text.size()};
  }

  // Gives every block back; all views into the arena are dead.
  void release() noexcept;
  size_t bytes_held() const noexcept { return bytes_held_; }

 private:
  struct Block {
    Block* previous;
    size_t bytes;  // Whole block, header included.
  };
  std::byte* allocate_slow(size_t bytes, size_t align) noexcept;

  BlockSource& source_;
  Block* last_ = nullptr;
  std::byte* next_ = nullptr;
  std::byte* end_ = nullptr;
  size_t bytes_held_ = 0;
};

}  // namespace zerq
