// SPDX-License-Identifier: Apache-2.0
#include "io/uring/operation_slab.h"

#include <unistd.h>

#include "base/check.h"

namespace zerq::io {
namespace {

void close_descriptor(RingDescriptor* descriptor) noexcept {
  if (descriptor->fd >= 0) {
    if (descriptor->must_reset) {
      const linger now{.l_onoff = 1, .l_linger = 0};
      ::setsockopt(descriptor->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    }
    ::close(descriptor->fd);
  }
  delete descriptor;
}

}  // namespace

void orphan(RingDescriptor* descriptor) noexcept {
  if (descriptor->operations == 0) {
    close_descriptor(descriptor);
  } else {
    descriptor->is_orphan = true;
  }
}

uint32_t OperationSlab::take(OperationKind kind, RingDescriptor* descriptor, CompletionSink* sink) {
  if (free_.empty()) {
    const auto first = static_cast<uint32_t>(pages_.size() * kPage);
    pages_.push_back(std::make_unique<Operation[]>(kPage));
    for (uint32_t i = kPage; i > 0; --i) {
      free_.push_back(first + i - 1);
    }
  }
  const uint32_t index = free_.back();
  free_.pop_back();
  Operation& operation = at(index);
  DCHECK(operation.kind == OperationKind::kFree);
  operation.kind = kind;
  ++operation.generation;
  operation.descriptor = descriptor;
  operation.sink = sink;
  if (descriptor != nullptr) {
    ++descriptor->operations;
  }
  ++in_flight_;
  return index;
}

uint32_t OperationSlab::take_send(RingDescriptor* descriptor, CompletionSink* sink,
                                  BufferChain chain) {
  const uint32_t index = take(OperationKind::kSend, descriptor, sink);
  std::unique_ptr<SendPayload>& payload = at(index).send;
  if (spare_payloads_.empty()) {
    payload = std::make_unique<SendPayload>(pool_);
  } else {
    payload = std::move(spare_payloads_.back());
    spare_payloads_.pop_back();
  }
  payload->chain = std::move(chain);
  return index;
}

void OperationSlab::free(uint32_t index) noexcept {
  Operation& operation = at(index);
  RingDescriptor* descriptor = operation.descriptor;
  operation.kind = OperationKind::kFree;
  operation.descriptor = nullptr;
  operation.sink = nullptr;
  operation.buffer.reset();
  if (operation.send != nullptr) {
    operation.send->chain.clear();
    if (spare_payloads_.size() < kSparePayloadsMax) {
      spare_payloads_.push_back(std::move(operation.send));
    }
    operation.send.reset();
  }
  free_.push_back(index);
  --in_flight_;
  if (descriptor != nullptr && --descriptor->operations == 0 && descriptor->is_orphan) {
    close_descriptor(descriptor);
  }
}

Operation* OperationSlab::find(uint64_t user_data) {
  const auto index = static_cast<uint32_t>(user_data);
  if (index >= pages_.size() * kPage) {
    return nullptr;
  }
  Operation& operation = at(index);
  const bool is_current = operation.kind != OperationKind::kFree &&
                          operation.generation == static_cast<uint32_t>(user_data >> 32);
  return is_current ? &operation : nullptr;
}

}  // namespace zerq::io
