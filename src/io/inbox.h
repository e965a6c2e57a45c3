// SPDX-License-Identifier: Apache-2.0
// Inbox: bytes that a socket received and nobody consumed, in one contiguous buffer of the shard's
// pool; no memory while empty. Bounded by Transport::kInboxBytesMax plus one receive.
#pragma once

#include <algorithm>
#include <string_view>

#include "io/io_buffer.h"

namespace zerq::io {

class Inbox {
 public:
  std::string_view text() const { return buffer_.text(); }
  bool is_empty() const { return buffer_.is_empty(); }
  size_t size() const { return buffer_.size(); }

  void append(BufferPool& pool, std::string_view bytes) {
    if (buffer_.room().size() < bytes.size()) {
      IoBuffer larger = pool.take(buffer_.size() + bytes.size());
      larger.append(buffer_.text());
      buffer_ = std::move(larger);
    }
    CHECK(buffer_.append(bytes) == bytes.size());
  }
  void consume(size_t bytes) {
    buffer_.drop_front(bytes);
    if (buffer_.is_empty()) {
      buffer_.reset();
    }
  }
  // In front of what it holds.
  void put_back(BufferPool& pool, std::string_view bytes) {
    IoBuffer all = pool.take(bytes.size() + buffer_.size());
    all.append(bytes);
    all.append(buffer_.text());
    buffer_ = std::move(all);
  }
  // At most `bytes_max` bytes, moved out where they are all there is.
  IoBuffer take(BufferPool& pool, size_t bytes_max) {
    if (buffer_.size() <= bytes_max) {
      return std::move(buffer_);
    }
    IoBuffer part = pool.take(std::min(bytes_max, BufferPool::kLargeBytesMax));
    const size_t taken = part.append(buffer_.text().substr(0, bytes_max));
    consume(taken);
    return part;
  }

 private:
  IoBuffer buffer_;
};

}  // namespace zerq::io
