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

// A descriptor and how many operations the kernel holds on it. Its owner orphans it; the last
// operation then closes it.
struct RingDescriptor {
  int fd = -1;
  uint32_t operations = 0;
  bool is_orphan = false;
  bool must_reset = false;
};

// The owner is gone: closes now, or after the last operation.
void orphan(RingDescriptor* descriptor) noexcept;

enum class OperationKind : uint8_t {
  kFree,
  kStream,   // Multishot receive into provided buffers.
  kBody,     // One receive into the operation's own buffer.
  kSend,     // One sendmsg of the operation's own chain.
  kConnect,  // A wait until a connect() ended.
  kHangUp,   // A wait for the reset of a half-closed connection.
  kAccept,
  kWake,
};

// Who is told of a completion; forgotten (null) once it is gone.
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

// Sees what the kernel is given and what it gave back: tests prove with it that nobody else
// touched the memory in between.
class OperationWitness {
 public:
  virtual void on_submit(uint32_t index, Operation& operation) = 0;
  // Before the operation's sink hears of it.
  virtual void on_terminal(uint32_t index, Operation& operation, int result) = 0;

 protected:
  ~OperationWitness() = default;
};

class OperationSlab {
 public:
  explicit OperationSlab(BufferPool& pool) : pool_(pool) {}

  uint32_t take(OperationKind kind, RingDescriptor* descriptor, CompletionSink* sink);
  // With a payload for `chain`.
  uint32_t take_send(RingDescriptor* descriptor, CompletionSink* sink, BufferChain chain);
  // After the terminal completion: gives back buffers, and closes an orphaned descriptor.
  void free(uint32_t index) noexcept;
  Operation& at(uint32_t index) { return pages_[index / kPage][index % kPage]; }
  size_t in_flight() const { return in_flight_; }

  uint64_t user_data(uint32_t index) { return uint64_t{at(index).generation} << 32 | index; }
  // Null: a completion for a slot that was freed and reused.
  Operation* find(uint64_t user_data);

  void set_witness_for_test(OperationWitness* witness) { witness_ = witness; }
  OperationWitness* witness() const { return witness_; }

 private:
  static constexpr size_t kPage = 256;
  static constexpr size_t kSparePayloadsMax = 256;

  BufferPool& pool_;
  std::vector<std::unique_ptr<Operation[]>> pages_;
  std::vector<uint32_t> free_;
  std::vector<std::unique_ptr<SendPayload>> spare_payloads_;
  size_t in_flight_ = 0;
  OperationWitness* witness_ = nullptr;
};

}  // namespace zerq::io
