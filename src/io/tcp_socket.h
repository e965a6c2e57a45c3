// SPDX-License-Identifier: Apache-2.0
// TcpSocket: a Transport over one connected TCP socket. Made by EventLoop::adopt_socket() and
// EventLoop::connect(). Close = shutdown(2) → cancel → close after the last terminal completion,
// which the loop's slab sees to after this object is gone.
#pragma once

#include "io/socket_address.h"
#include "io/transport.h"

namespace zerq::io {

class TcpSocket : public Transport {
 public:
  // Of a socket from EventLoop::begin_connect(): waits until it is connected. kRefused (os_errno
  // says why), kTimedOut, kCancelled.
  SendAwaiter connected(BufferPool& pool, Duration limit) { return send(BufferChain(pool), limit); }

  virtual int fd() const noexcept = 0;
  virtual SocketAddress peer_address() const noexcept = 0;
  // Gives the descriptor away (accept balancing, tunnels to another owner): nothing may be in
  // flight and the inbox must be empty. This object is closed afterwards.
  virtual int release_fd() noexcept = 0;
};

}  // namespace zerq::io
