// SPDX-License-Identifier: Apache-2.0
// TurnWatchdog: a thread that looks for shards which stay in one turn for too long: nothing on a
// shard may block or compute for more than 500 µs (architecture §1). It counts them, and now and
// then prints where one of them is, as offsets into the binary for llvm-symbolizer. Debug builds.
// Rung: Gateway, inside ShardSet; lives shorter than the shards it watches.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"

namespace zerq::io {

class Shard;

struct TurnLimits {
  // Of the shard's own CPU time, since a busy machine may take the core away at any moment.
  Duration cpu_max = std::chrono::microseconds(500);
  // Of a turn that uses no CPU time, because it blocks.
  Duration wall_max = std::chrono::milliseconds(50);
  Duration look_every = std::chrono::microseconds(500);
  Duration report_every = std::chrono::seconds(10);
};

class TurnWatchdog {
 public:
  TurnWatchdog(std::vector<const Shard*> shards, const Clock& clock, TurnLimits limits);
  ~TurnWatchdog();
  TurnWatchdog(const TurnWatchdog&) = delete;
  TurnWatchdog& operator=(const TurnWatchdog&) = delete;

  // Any thread.
  uint64_t late_turns() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace zerq::io
