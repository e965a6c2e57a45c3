// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

namespace zerq {

std::byte* Arena::allocate_slow(size_t bytes, size_t align) noexcept {
  const size_t needed = sizeof(Block) + bytes + align;
  const bool is_large = needed > BlockSource::kBlockBytes;
  const size_t block_bytes = is_large ? needed : BlockSource::kBlockBytes;
  std::byte* memory = is_large ? source_.take_large(block_bytes) : source_.take_block();
  Block* block = new (memory) Block{last_, block_bytes};
  last_ = block;
  bytes_held_ += block_bytes;
  next_ = memory + sizeof(Block);
  end_ = memory + block_bytes;
  const uintptr_t at = (reinterpret_cast<uintptr_t>(next_) + (align - 1)) & ~(align - 1);
  next_ = reinterpret_cast<std::byte*>(at + bytes);
  DCHECK(next_ <= end_);
  return reinterpret_cast<std::byte*>(at);
}

void Arena::release() noexcept {
  while (last_ != nullptr) {
    Block* block = last_;
    last_ = block->previous;
    const size_t bytes = block->bytes;
    auto* memory = reinterpret_cast<std::byte*>(block);
    if (bytes > BlockSource::kBlockBytes) {
      source_.give_large(memory, bytes);
    } else {
      source_.give_block(memory);
    }
  }
  next_ = end_ = nullptr;
  bytes_held_ = 0;
}

}  // namespace zerq
