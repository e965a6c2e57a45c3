// SPDX-License-Identifier: Apache-2.0
// One SO_REUSEPORT listening socket of one shard. Single-shot accepts, two in flight, re-armed
// from their completion: overload and hand-over are "do not re-arm". EMFILE pauses for 100 ms.
// Owns the descriptor that it was made of.
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
// A listener's accepted sockets inherit it, which spares a call for each.
void set_no_delay(int fd) noexcept;

// After an accept that failed for want of descriptors or memory: others must close first.
inline constexpr Duration kAcceptPause = std::chrono::milliseconds(100);

class ListenSocket {
 public:
  virtual ~ListenSocket() = default;
  virtual void start(AcceptSink& sink) noexcept = 0;
  // No new accepts are armed; what completes still reaches the sink.
  virtual void pause() noexcept = 0;
  virtual void resume() noexcept = 0;
};

}  // namespace zerq::io
