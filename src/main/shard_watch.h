// SPDX-License-Identifier: Apache-2.0
// ShardWatch looks after the running process once a second (rung: Gateway; a thread of its own):
// a shard that is in one turn for five seconds is stuck (/healthz), a journal that cannot
// keep records makes the node unready, and idle rate-limit windows give their memory back.
#pragma once

#include <memory>

#include "audit/audit.h"
#include "base/clock.h"
#include "io/shard.h"
#include "limits/limit_table.h"
#include "telemetry/readiness.h"

namespace zerq {

class ShardWatch {
 public:
  struct Parts {
    io::ShardSet& shards;
    audit::Audit& audit;
    limits::LimitTable& windows;
    const Clock& clock;
    telemetry::Readiness& readiness;
  };
  explicit ShardWatch(const Parts& parts);
  ~ShardWatch();
  ShardWatch(const ShardWatch&) = delete;
  ShardWatch& operator=(const ShardWatch&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace zerq
