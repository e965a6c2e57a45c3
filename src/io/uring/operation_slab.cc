// SPDX-License-Identifier: Apache-2.0
#include "io/uring/operation_slab.h"

#include <unistd.h>

#include "base/check.h"

namespace zerq::io {

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

void OperationSlab::free(uint32_t index) noexcept {
  Operation& operation = at(index);
  RingDescriptor* descriptor = operation.descriptor;
  operation.kind = OperationKind::kFree;
  operation.descriptor = nullptr;
  operation.sink = nullptr;
  operation.buffer.reset();
  operation.send.reset();
  free_.push_back(index);
  --in_flight_;
  if (descriptor != nullptr && --descriptor->operations == 0 && descriptor->is_orphan) {
    if (descriptor->must_reset) {
      const linger now{.l_onoff = 1, .l_linger = 0};
      ::setsockopt(descriptor->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    }
    ::close(descriptor->fd);
    delete descriptor;
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
