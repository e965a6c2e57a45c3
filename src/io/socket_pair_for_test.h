// SPDX-License-Identifier: Apache-2.0
// A connected pair over loopback: our transport on `loop`, and in `peer` the other end's blocking
// descriptor, which the caller closes.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

#include "io/event_loop.h"
#include "io/listen_socket.h"
#include "io/tcp_socket.h"

namespace zerq::io {

inline std::unique_ptr<TcpSocket> open_socket_pair(EventLoop& loop, int& peer) {
  const int listener = *open_listen_socket(*SocketAddress::parse("127.0.0.1:0"), false);
  const SocketAddress address = local_address(listener);
  peer = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(0, ::connect(peer, address.data(), address.size()));
  const int accepted = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  ::close(listener);
  return loop.adopt_socket(accepted);
}

}  // namespace zerq::io
