// SPDX-License-Identifier: Apache-2.0
#include "proxy/listener.h"

#include <algorithm>

#include "io/event_loop.h"

namespace zerq::proxy {

Listener::Listener(DataShard& shard, int fd, std::span<DataShard* const> peers)
    : shard_(shard), peers_(peers), socket_(shard.loop().adopt_listener(fd)) {}

void Listener::start() { socket_->start(*this); }

void Listener::stop() noexcept { socket_->pause(); }

void Listener::on_accept(int fd, const io::SocketAddress&) noexcept {
  DataShard& chosen = choose_shard();
  // Counted at once, so that a burst of accepts does not all go the same way.
  chosen.add_load(1);
  if (&chosen == &shard_) {
    shard_.open_connection(fd);
    return;
  }
  chosen.loop().mailbox().send([&chosen, fd] { chosen.open_connection(fd); });
}

// SO_REUSEPORT spreads by hash, which leaves cores idle with few connections (architecture §2).
DataShard& Listener::choose_shard() const {
  DataShard* least = &shard_;
  for (DataShard* peer : peers_) {
    if (peer->load() < least->load()) {
      least = peer;
    }
  }
  const int64_t own = shard_.load();
  const int64_t margin = std::max<int64_t>(1, least->load() / 4);
  return own >= least->load() + margin ? *least : shard_;
}

}  // namespace zerq::proxy
