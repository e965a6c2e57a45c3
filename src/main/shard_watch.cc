// SPDX-License-Identifier: Apache-2.0
#include "main/shard_watch.h"

namespace zerq {
namespace {

constexpr Duration kLook = std::chrono::seconds(1);
constexpr Duration kStuckAfter = std::chrono::seconds(5);
constexpr int kLooksPerSweep = 60;

}  // namespace

ShardWatch::ShardWatch(const Parts& parts) : parts_(parts) {
  task_ = watch();
  task_.start();
}

Task<void> ShardWatch::watch() {
  for (int look = 1;; ++look) {
    co_await parts_.loop.sleep_until(parts_.loop.now() + kLook);
    look_at_shards();
    parts_.readiness.set(telemetry::NotReady::kJournalDown, !parts_.audit.is_ready());
    if (look % kLooksPerSweep == 0) {
      parts_.windows.sweep(parts_.loop.clock());
    }
  }
}

void ShardWatch::look_at_shards() {
  bool is_stuck = false;
  for (size_t i = 0; i < parts_.shards.size(); ++i) {
    is_stuck = is_stuck || parts_.shards.at(i).is_stuck(parts_.loop.now(), kStuckAfter);
  }
  parts_.readiness.set(telemetry::NotReady::kShardStuck, is_stuck);
}

}  // namespace zerq
