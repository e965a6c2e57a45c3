// SPDX-License-Identifier: Apache-2.0
#include "control/snapshot_publisher.h"

#include <algorithm>
#include <semaphore>

namespace zerq::control {

namespace {

struct Confirmations {
  explicit Confirmations(size_t shards) : alive(shards) {}

  std::counting_semaphore<> served{0};
  std::vector<size_t> alive;  // By shard; each written before its `served`.
};

}  // namespace

bool SnapshotPublisher::publish(SnapshotRef snapshot, Duration patience) {
  // A shard that answers late must still find them: the letters own them together with us.
  const auto confirmations = std::make_shared<Confirmations>(shards_.size());
  // First, so that the shards hold the last references to the former one and not this thread.
  current_ = std::move(snapshot);
  for (size_t i = 0; i < shards_.size(); ++i) {
    shards_[i].loop->mailbox().send(
        [i, slot = shards_[i].slot, snapshot = current_, confirmations]() mutable {
          slot->set(std::move(snapshot));
          confirmations->alive[i] = slot->values_alive();
          confirmations->served.release();
        });
  }
  for (size_t i = 0; i < shards_.size(); ++i) {
    if (!confirmations->served.try_acquire_for(patience)) {
      return false;
    }
  }
  alive_ = shards_.empty() ? 1 : std::ranges::max(confirmations->alive);
  return true;
}

io::PublishedSlot<proxy::Snapshot>::Retire SnapshotPublisher::retire_on(io::EventLoop& loop) {
  return [&loop](std::shared_ptr<const proxy::Snapshot> retired) {
    loop.mailbox().send([retired = std::move(retired)]() mutable { retired.reset(); });
  };
}

}  // namespace zerq::control
