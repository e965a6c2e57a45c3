// SPDX-License-Identifier: Apache-2.0
// HeadWriter appends a message head to a chain. It writes into one buffer of about `bytes_hint`
// bytes, so that a write is a bounds check and a memcpy; what does not fit goes on in a next one.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "io/io_buffer.h"

namespace zerq::proxy {

class HeadWriter {
 public:
  HeadWriter(io::BufferChain& out, io::BufferPool& pool, size_t bytes_hint)
      : out_(out), pool_(pool) {
    open_buffer(bytes_hint);
  }
  HeadWriter(const HeadWriter&) = delete;
  HeadWriter& operator=(const HeadWriter&) = delete;

  void text(std::string_view bytes) {
    if (bytes.size() > static_cast<size_t>(end_ - to_)) [[unlikely]] {
      spill(bytes);
      return;
    }
    if (!bytes.empty()) {
      std::memcpy(to_, bytes.data(), bytes.size());
      to_ += bytes.size();
    }
  }
  void number(uint64_t value) {
    char digits[20];
    const char* end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
    text({digits, static_cast<size_t>(end - digits)});
  }
  void header(std::string_view name, std::string_view value) {
    text(name);
    text(": ");
    text(value);
    text("\r\n");
  }
  void header(std::string_view name, uint64_t value) {
    text(name);
    text(": ");
    number(value);
    text("\r\n");
  }
  // The empty line; the head is in the chain afterwards.
  void end_head() {
    text("\r\n");
    close_buffer();
  }

 private:
  void open_buffer(size_t bytes) {
    buffer_ = pool_.take(std::min(bytes, io::BufferPool::kLargeBytesMax));
    begin_ = to_ = reinterpret_cast<char*>(buffer_.room().data());
    end_ = to_ + buffer_.room().size();
  }
  void close_buffer() {
    buffer_.grow(static_cast<size_t>(to_ - begin_));
    out_.append(std::move(buffer_));
  }
  void spill(std::string_view bytes) {
    while (!bytes.empty()) {
      const size_t fits = std::min(bytes.size(), static_cast<size_t>(end_ - to_));
      std::memcpy(to_, bytes.data(), fits);
      to_ += fits;
      bytes.remove_prefix(fits);
      if (!bytes.empty()) {
        close_buffer();
        open_buffer(bytes.size());
      }
    }
  }

  io::BufferChain& out_;
  io::BufferPool& pool_;
  io::IoBuffer buffer_;
  char* to_ = nullptr;
  char* begin_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace zerq::proxy
