// SPDX-License-Identifier: Apache-2.0
// UpstreamConnection: one socket to a target (rung: Shard, lent to an Exchange). It keeps no state
// of any message. While it is idle it watches for the upstream's FIN, and for bytes that nobody
// asked for: either ends it at once, so that a request rarely meets a dead connection.
#pragma once

#include <memory>
#include <string>

#include "base/intrusive_list.h"
#include "io/tcp_socket.h"
#include "io/timer_wheel.h"
#include "upstream/target.h"

namespace zerq::upstream {

class UpstreamPool;

class UpstreamConnection final : public ListNode, private io::PeerCloseSink {
 public:
  UpstreamConnection(UpstreamPool& pool, const Target& target,
                     std::unique_ptr<io::TcpSocket> socket);
  ~UpstreamConnection();

  io::TcpSocket& socket() { return *socket_; }
  UpstreamPool& pool() { return pool_; }
  const Target& target() const { return target_; }
  // "127.0.0.1:9000": the address that it is connected to.
  const std::string& address_text() const { return address_text_; }
  bool was_used() const { return was_used_; }

 private:
  friend class UpstreamPool;
  void on_peer_close(ErrorCode how) noexcept override;
  static void on_idle_timer(io::Timer& timer) noexcept;

  UpstreamPool& pool_;
  const Target& target_;
  std::unique_ptr<io::TcpSocket> socket_;
  std::string address_text_;
  bool was_used_ = false;
  struct IdleTimer : io::Timer {
    explicit IdleTimer(UpstreamConnection& c) : Timer(&on_idle_timer), connection(c) {}
    UpstreamConnection& connection;
  } idle_timer_;
};

}  // namespace zerq::upstream
