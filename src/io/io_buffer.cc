// SPDX-License-Identifier: Apache-2.0
#include "io/io_buffer.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

namespace zerq::io {
namespace {

// Free bytes kept a class: enough for a busy turn, little beside what is in use.
constexpr size_t kKeptBytesPerClass = 1024 * 1024;

}  // namespace

size_t IoBuffer::append(std::string_view bytes) {
  const size_t fits = std::min<size_t>(bytes.size(), capacity_ - end_);
  if (fits != 0) {
    std::memcpy(memory_ + end_, bytes.data(), fits);
    end_ += static_cast<uint32_t>(fits);
  }
  return fits;
}

void IoBuffer::reset() noexcept {
  if (memory_ != nullptr) {
    pool_->give(memory_, capacity_);
    memory_ = nullptr;
    pool_ = nullptr;
    capacity_ = begin_ = end_ = 0;
  }
}

BufferPool::~BufferPool() {
  for (const auto& list : free_) {
    for (std::byte* block : list) {
      std::free(block);
    }
  }
}

size_t BufferPool::class_of(size_t bytes) {
  if (bytes <= kLeastBytes) {
    return 0;
  }
  return static_cast<size_t>(std::bit_width((bytes - 1) / kLeastBytes));
}

std::byte* BufferPool::take_class(size_t index) noexcept {
  const size_t capacity = kLeastBytes << index;
  bytes_lent_ += capacity;
  if (ledger_ != nullptr) {
    ledger_->charge(capacity);
  }
  auto& list = free_[index];
  if (!list.empty()) {
    std::byte* block = list.back();
    list.pop_back();
    return block;
  }
  auto* block = static_cast<std::byte*>(std::malloc(capacity));
  CHECK(block != nullptr);
  return block;
}

IoBuffer BufferPool::take(size_t bytes) {
  if (bytes > kLargeBytesMax) {
    const size_t capacity = std::bit_ceil(bytes);
    return IoBuffer(this, take_large(capacity), static_cast<uint32_t>(capacity));
  }
  const size_t index = class_of(bytes);
  return IoBuffer(this, take_class(index), static_cast<uint32_t>(kLeastBytes << index));
}

void BufferPool::give(std::byte* memory, size_t capacity) noexcept {
  if (capacity > kLargeBytesMax) {
    give_large(memory, capacity);
    return;
  }
  DCHECK(bytes_lent_ >= capacity);
  bytes_lent_ -= capacity;
  if (ledger_ != nullptr) {
    ledger_->discharge(capacity);
  }
  auto& list = free_[class_of(capacity)];
  if (list.size() * capacity >= kKeptBytesPerClass) {
    std::free(memory);
    return;
  }
  list.push_back(memory);
}

std::byte* BufferPool::take_block() noexcept { return take_class(class_of(kSmallBytes)); }

void BufferPool::give_block(std::byte* block) noexcept { give(block, kSmallBytes); }

std::byte* BufferPool::take_large(size_t bytes) noexcept {
  bytes_lent_ += bytes;
  if (ledger_ != nullptr) {
    ledger_->charge(bytes);
  }
  auto* block = static_cast<std::byte*>(std::malloc(bytes));
  CHECK(block != nullptr);
  return block;
}

void BufferPool::give_large(std::byte* block, size_t bytes) noexcept {
  bytes_lent_ -= bytes;
  if (ledger_ != nullptr) {
    ledger_->discharge(bytes);
  }
  std::free(block);
}

void BufferChain::append(std::string_view bytes) {
  while (!bytes.empty()) {
    if (count_ == 0 || buffer(count_ - 1).room().empty()) {
      append(pool_->take(std::min(bytes.size(), BufferPool::kLargeBytesMax)));
    }
    const size_t taken = buffer(count_ - 1).append(bytes);
    bytes_ += taken;
    bytes.remove_prefix(taken);
  }
}

void BufferChain::append(IoBuffer added) {
  bytes_ += added.size();
  if (count_ < kInline) {
    inline_[count_] = std::move(added);
  } else {
    more_.push_back(std::move(added));
  }
  ++count_;
}

void BufferChain::append(BufferChain&& other) {
  for (size_t i = 0; i < other.count_; ++i) {
    append(std::move(other.buffer(i)));
  }
  other.clear();
}

void BufferChain::drop_front(size_t bytes) {
  DCHECK(bytes <= bytes_);
  bytes_ -= bytes;
  size_t whole = 0;
  while (whole < count_ && bytes >= buffer(whole).size()) {
    bytes -= buffer(whole).size();
    buffer(whole).reset();
    ++whole;
  }
  if (whole < count_ && bytes > 0) {
    buffer(whole).drop_front(bytes);
  }
  if (whole == 0) {
    return;
  }
  for (size_t i = whole; i < count_; ++i) {
    buffer(i - whole) = std::move(buffer(i));
  }
  count_ -= whole;
  more_.resize(count_ > kInline ? count_ - kInline : 0);
}

void BufferChain::clear() {
  for (size_t i = 0; i < std::min(count_, kInline); ++i) {
    inline_[i].reset();
  }
  more_.clear();
  count_ = bytes_ = 0;
}

void BufferChain::swap(BufferChain& other) noexcept {
  std::swap(pool_, other.pool_);
  for (size_t i = 0; i < std::min(std::max(count_, other.count_), kInline); ++i) {
    std::swap(inline_[i], other.inline_[i]);
  }
  std::swap(more_, other.more_);
  std::swap(count_, other.count_);
  std::swap(bytes_, other.bytes_);
}

}  // namespace zerq::io
