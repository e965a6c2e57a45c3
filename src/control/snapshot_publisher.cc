// SPDX-License-Identifier: Apache-2.0
#include "control/snapshot_publisher.h"

#include <semaphore>

namespace zerq::control {

bool SnapshotPublisher::publish(SnapshotRef snapshot, Duration patience) {
  // A shard that answers late must still find the counter: the letters own it together with us.
  const auto served = std::make_shared<std::counting_semaphore<>>(0);
  for (const Shard& shard : shards_) {
    shard.loop->mailbox().send([slot = shard.slot, snapshot, served]() mutable {
      slot->set(std::move(snapshot));
      served->release();
    });
  }
  current_ = std::move(snapshot);
  for (size_t i = 0; i < shards_.size(); ++i) {
    if (!served->try_acquire_for(patience)) {
      return false;
    }
  }
  return true;
}

io::PublishedSlot<proxy::Snapshot>::Retire SnapshotPublisher::retire_on(io::EventLoop& loop) {
  return [&loop](std::shared_ptr<const proxy::Snapshot> retired) {
    loop.mailbox().send([retired = std::move(retired)]() mutable { retired.reset(); });
  };
}

}  // namespace zerq::control
