// SPDX-License-Identifier: Apache-2.0
// ComputePool: where work runs that is too long for a shard, scripts and big bodies (architecture
// §1). A bounded queue, fair by client; results come back by mailbox (compute_call.h). Rung:
// Gateway; outlives every loop that waits for it. Work here computes; what blocks belongs to the
// BlockingPool.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>

#include "io/fair_queue.h"
#include "io/return_desk.h"

namespace zerq::io {

class ComputePool {
 public:
  using Job = std::move_only_function<void()>;

  static size_t threads_for(size_t shards) { return std::max<size_t>(1, shards / 4); }

  explicit ComputePool(size_t threads, const FairQueueLimits& limits = {});
  // Ends what runs; what is queued is dropped.
  ~ComputePool();
  ComputePool(const ComputePool&) = delete;
  ComputePool& operator=(const ComputePool&) = delete;

  // Any thread. `cost` in bytes, or what compares to them. False: the queue is full for all or for
  // this client (the job is destroyed).
  [[nodiscard]] bool run(uint64_t client, uint64_t cost, Job job);
  // For ComputeCall.
  ReturnDesk& desk();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace zerq::io
