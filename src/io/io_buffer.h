// SPDX-License-Identifier: Apache-2.0
// IoBuffer owns one block of bytes that the kernel may read or write: it moves from a receive to a
// relay to a send and so is never copied. BufferChain is what one send gathers. BufferPool is the
// shard's stock (rung: Shard; one thread), charged to the memory ledger.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/check.h"

namespace zerq::io {

class BufferPool;

class IoBuffer {
 public:
  IoBuffer() = default;
  IoBuffer(IoBuffer&& other) noexcept { *this = std::move(other); }
  IoBuffer& operator=(IoBuffer&& other) noexcept {
    if (this != &other) {
      reset();
      pool_ = std::exchange(other.pool_, nullptr);
      memory_ = std::exchange(other.memory_, nullptr);
      capacity_ = std::exchange(other.capacity_, 0);
      begin_ = std::exchange(other.begin_, 0);
      end_ = std::exchange(other.end_, 0);
    }
    return *this;
  }
  ~IoBuffer() { reset(); }

  bool is_valid() const { return memory_ != nullptr; }
  size_t capacity() const { return capacity_; }
  // The filled part.
  std::string_view text() const {
    return {reinterpret_cast<const char*>(memory_) + begin_, end_ - begin_};
  }
  size_t size() const { return end_ - begin_; }
  bool is_empty() const { return begin_ == end_; }
  MutableBytes filled() { return {memory_ + begin_, size()}; }
  // The unfilled part behind it.
  MutableBytes room() { return {memory_ + end_, capacity_ - end_}; }
  void grow(size_t n) {
    DCHECK(n <= capacity_ - end_);
    end_ += static_cast<uint32_t>(n);
  }
  void drop_front(size_t n) {
    DCHECK(n <= size());
    begin_ += static_cast<uint32_t>(n);
  }
  void truncate(size_t n) {
    DCHECK(n <= size());
    end_ = begin_ + static_cast<uint32_t>(n);
  }
  // Appends what fits; returns how much that was.
  size_t append(std::string_view bytes);
  void reset() noexcept;

 private:
  friend class BufferPool;
  IoBuffer(BufferPool* pool, std::byte* memory, uint32_t capacity)
      : pool_(pool), memory_(memory), capacity_(capacity) {}

  BufferPool* pool_ = nullptr;
  std::byte* memory_ = nullptr;
  uint32_t capacity_ = 0;
  uint32_t begin_ = 0;
  uint32_t end_ = 0;
};

// Receives memory charges of one shard; io/memory_ledger.h implements it over the process pool.
class ChargeSink {
 public:
  virtual void charge(size_t bytes) noexcept = 0;
  virtual void discharge(size_t bytes) noexcept = 0;

 protected:
  ~ChargeSink() = default;
};

class BufferPool final : public BlockSource {
 public:
  // Most heads fit the smallest, so that a peer which sends one slowly holds little.
  static constexpr size_t kLeastBytes = 1024;
  static constexpr size_t kSmallBytes = BlockSource::kBlockBytes;  // 4 KiB
  static constexpr size_t kLargeBytesMax = 128 * 1024;

  explicit BufferPool(ChargeSink* ledger = nullptr) : ledger_(ledger) {}
  ~BufferPool();

  // Capacity ≥ bytes, a power of two from 1 KiB on; recycled up to 128 KiB.
  IoBuffer take(size_t bytes = kSmallBytes);

  std::byte* take_block() noexcept override;
  void give_block(std::byte* block) noexcept override;
  std::byte* take_large(size_t bytes) noexcept override;
  void give_large(std::byte* block, size_t bytes) noexcept override;

  size_t bytes_lent() const { return bytes_lent_; }

 private:
  friend class IoBuffer;
  void give(std::byte* memory, size_t capacity) noexcept;

  ChargeSink* ledger_;
  // Free blocks by capacity: 1 KiB, 2 KiB, … 128 KiB.
  static constexpr size_t kClasses = 8;
  static size_t class_of(size_t bytes);
  std::byte* take_class(size_t index) noexcept;

  std::array<std::vector<std::byte*>, kClasses> free_;
  size_t bytes_lent_ = 0;
};

// Bytes to send, in order. Small writes are copied into the tail block; whole buffers are moved in.
// Up to kInline buffers need no allocation of the chain's own.
class BufferChain {
 public:
  explicit BufferChain(BufferPool& pool) : pool_(&pool) {}
  // A chain that was moved from is empty and may be used again.
  BufferChain(BufferChain&& other) noexcept : pool_(other.pool_) { swap(other); }
  BufferChain& operator=(BufferChain&& other) noexcept {
    clear();
    swap(other);
    return *this;
  }

  void append(std::string_view bytes);
  void append(IoBuffer buffer);
  void append(BufferChain&& other);

  size_t size() const { return bytes_; }  // In bytes.
  bool is_empty() const { return bytes_ == 0; }
  size_t buffer_count() const { return count_; }
  IoBuffer& buffer(size_t i) { return i < kInline ? inline_[i] : more_[i - kInline]; }
  const IoBuffer& buffer(size_t i) const { return i < kInline ? inline_[i] : more_[i - kInline]; }
  // Drops what was sent.
  void drop_front(size_t bytes);
  [[clang::reinitializes]] void clear();

 private:
  static constexpr size_t kInline = 3;
  void swap(BufferChain& other) noexcept;

  BufferPool* pool_;
  std::array<IoBuffer, kInline> inline_;
  std::vector<IoBuffer> more_;
  size_t count_ = 0;
  size_t bytes_ = 0;
};

}  // namespace zerq::io
