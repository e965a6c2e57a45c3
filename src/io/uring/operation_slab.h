// SPDX-License-Identifier: Apache-2.0
// Operations outlive coroutines (ADR 0003): what the kernel works on is named by the index and
// generation of a slot here, never by a frame; buffers, iovecs and the descriptor belong to the
// slot until its terminal completion. Rung: Shard.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "io/io_buffer.h"

namespace zerq::io {

// A descriptor and how many operations the kernel holds on it; the last one closes it.
struct RingDescriptor {
  int fd = -1;
  uint32_t operations = 0;
  bool is_orphan = false;  // Its owner is gone: close after the last operation.
  bool must_reset = false;
};

enum class OperationKind : uint8_t { kFree, kStream, kBody, kSend, kConnect, kAccept, kWake };

// Who is told of a completion; null once the owner is gone.
class CompletionSink {
 public:
  virtual void on_completion(OperationKind kind, uint32_t operation, int result,
                             uint32_t flags) noexcept = 0;

 protected:
  ~CompletionSink() = default;
};

// What one sendmsg gathers.
struct SendPayload {
  static constexpr size_t kIovecsMax = 64;
  explicit SendPayload(BufferPool& pool) : chain(pool) {}
  BufferChain chain;
  std::vector<iovec> pieces;
  msghdr message{};
};

struct Operation {
  OperationKind kind = OperationKind::kFree;
  bool is_resubmitted = false;  // Its completion was partial and the rest is under way.
  uint32_t generation = 0;
  RingDescriptor* descriptor = nullptr;
  CompletionSink* sink = nullptr;
  IoBuffer buffer;                    // kBody.
  std::unique_ptr<SendPayload> send;  // kSend.
};

class OperationSlab {
 public:
  uint32_t take(OperationKind kind, RingDescriptor* descriptor, CompletionSink* sink);
  // After the terminal completion: gives back buffers, and closes an orphaned descriptor.
  void free(uint32_t index) noexcept;
  Operation& at(uint32_t index) { return pages_[index / kPage][index % kPage]; }
  size_t in_flight() const { return in_flight_; }

  uint64_t user_data(uint32_t index) { return uint64_t{at(index).generation} << 32 | index; }
  // Null: a completion for a slot that was freed and reused.
  Operation* find(uint64_t user_data);

 private:
  static constexpr size_t kPage = 256;
  std::vector<std::unique_ptr<Operation[]>> pages_;
  std::vector<uint32_t> free_;
  size_t in_flight_ = 0;
};

}  // namespace zerq::io
