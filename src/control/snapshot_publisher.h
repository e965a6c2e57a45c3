// SPDX-License-Identifier: Apache-2.0
// SnapshotPublisher hands a snapshot to every shard and says when all of them serve it. Shards mail
// retired ones back to the loop given here (the admin thread), which destroys them: freeing a large
// one takes milliseconds, and no shard has those. Called by the control thread.
#pragma once

#include <memory>
#include <vector>

#include "control/snapshot_compiler.h"
#include "io/event_loop.h"
#include "io/published.h"
#include "proxy/snapshot.h"

namespace zerq::control {

class SnapshotPublisher {
 public:
  struct Shard {
    io::EventLoop* loop;
    io::PublishedSlot<proxy::Snapshot>* slot;
  };
  explicit SnapshotPublisher(std::vector<Shard> shards) : shards_(std::move(shards)) {}

  // Returns once every shard serves it; false when one did not within `patience`.
  bool publish(SnapshotRef snapshot, Duration patience);
  const SnapshotRef& current() const { return current_; }
  // Snapshots that some shard still held when the last one was published, itself included. Open
  // requests keep theirs; more than 16 mean that requests outlive their configuration for long.
  size_t alive() const { return alive_; }

  // For the slots of shards: mails what they retire to `loop`.
  static io::PublishedSlot<proxy::Snapshot>::Retire retire_on(io::EventLoop& loop);

 private:
  std::vector<Shard> shards_;
  SnapshotRef current_;
  size_t alive_ = 0;
};

}  // namespace zerq::control
