// SPDX-License-Identifier: Apache-2.0
// ShardWatch looks after the running process once a second (rung: Gateway; on the admin thread):
// a shard that is in one turn for five seconds is stuck (/healthz), a journal that cannot keep
// records makes the node unready, and idle rate-limit windows give their memory back.
#pragma once

#include "audit/audit.h"
#include "base/task.h"
#include "io/event_loop.h"
#include "io/shard.h"
#include "limits/limit_table.h"
#include "telemetry/readiness.h"

namespace zerq {

class ShardWatch {
 public:
  struct Parts {
    io::EventLoop& loop;
    io::ShardSet& shards;
    audit::Audit& audit;
    limits::LimitTable& windows;
    telemetry::Readiness& readiness;
  };
  // Both on the loop's thread.
  explicit ShardWatch(const Parts& parts);
  ShardWatch(const ShardWatch&) = delete;
  ShardWatch& operator=(const ShardWatch&) = delete;

 private:
  Task<void> watch();
  void look_at_shards();

  Parts parts_;
  Task<void> task_;
};

}  // namespace zerq
