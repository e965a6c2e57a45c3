// SPDX-License-Identifier: Apache-2.0
// Listener: one listening socket of one shard (rung: Shard). Accepts, and mails the descriptor to
// the least loaded shard when this one carries clearly more, before the first byte is read.
#pragma once

#include <memory>

#include "io/listen_socket.h"
#include "proxy/data_shard.h"

namespace zerq::proxy {

class Listener final : private io::AcceptSink {
 public:
  // Takes the descriptor. `peers`: every shard of the gateway, this one too, by index.
  Listener(DataShard& shard, int fd, std::span<DataShard* const> peers);

  void start();
  // Accepts no more; what was accepted is served.
  void stop() noexcept;

 private:
  void on_accept(int fd, const io::SocketAddress& peer) noexcept override;
  DataShard& choose_shard() const;

  DataShard& shard_;
  std::span<DataShard* const> peers_;
  std::unique_ptr<io::ListenSocket> socket_;
};

}  // namespace zerq::proxy
