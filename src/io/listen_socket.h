// SPDX-License-Identifier: Apache-2.0
// One SO_REUSEPORT listening socket of one shard. Single-shot accepts, two in flight, re-armed
// from their completion: overload and hand-over are "do not re-arm". EMFILE pauses for 100 ms.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "io/socket_address.h"

namespace zerq::io {

// Takes accepted descriptors; called by the loop, between resumes.
class AcceptSink {
 public:
  // The sink owns `fd` (non-blocking, close-on-exec, TCP_NODELAY set).
  virtual void on_accept(int fd, const SocketAddress& peer) noexcept = 0;

 protected:
  ~AcceptSink() = default;
};

// Binds and listens. Errors carry os_errno (EADDRINUSE …). Port 0 picks one: see local_address().
Result<int> open_listen_socket(const SocketAddress& address, bool reuse_port);
SocketAddress local_address(int fd);

class ListenSocket {
 public:
  virtual ~ListenSocket() = default;
  virtual void start(AcceptSink& sink) noexcept = 0;
  // No new accepts are armed; what completes still reaches the sink.
  virtual void pause() noexcept = 0;
  virtual void resume() noexcept = 0;
};

}  // namespace zerq::io
