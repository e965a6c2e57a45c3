// SPDX-License-Identifier: Apache-2.0
// UpstreamConnection: one socket to a target (rung: Shard, lent to an Exchange). It keeps no state
// of any message. While it is idle it watches for the upstream's FIN, and for bytes that nobody
// asked for: either ends it at once, so that a request rarely meets a dead connection and never a
// response that is not its own.
#pragma once

#include <memory>
#include <string>

#include "base/intrusive_list.h"
#include "io/tcp_socket.h"
#include "io/timer_wheel.h"
#include "upstream/target.h"

namespace zerq::upstream {

class UpstreamPool;

// One of a target's `connections_max` places; given back to the pool when it goes.
class ConnectionSlot {
 public:
  ConnectionSlot() = default;
  ConnectionSlot(ConnectionSlot&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)), target_(other.target_) {}
  ConnectionSlot& operator=(ConnectionSlot&& other) noexcept;
  ~ConnectionSlot() { release(); }

  // An invalid slot when the target has none left.
  static ConnectionSlot try_take(UpstreamPool& pool, const Target& target) noexcept;
  bool is_valid() const { return pool_ != nullptr; }
  void release() noexcept;

 private:
  ConnectionSlot(UpstreamPool& pool, const Target& target) : pool_(&pool), target_(&target) {}

  UpstreamPool* pool_ = nullptr;  // Null: holds no place.
  const Target* target_ = nullptr;
};

class UpstreamConnection final : public ListNode, private io::PeerCloseSink {
 public:
  UpstreamConnection(UpstreamPool& pool, const Target& target, ConnectionSlot slot,
                     std::unique_ptr<io::TcpSocket> socket);

  io::TcpSocket& socket() { return *socket_; }
  UpstreamPool& pool() { return pool_; }
  const Target& target() const { return target_; }
  // "127.0.0.1:9000": the address that it is connected to.
  const std::string& address_text() const { return address_text_; }
  bool was_used() const { return was_used_; }

 private:
  friend class UpstreamPool;
  void on_peer_close(ErrorCode how) noexcept override;
  void on_unawaited_bytes() noexcept override;
  void begin_idle(Instant until);
  void end_idle() noexcept;
  static void on_idle_timer(io::Timer& timer) noexcept;

  UpstreamPool& pool_;
  const Target& target_;
  ConnectionSlot slot_;
  std::unique_ptr<io::TcpSocket> socket_;
  std::string address_text_;
  bool was_used_ = false;
  struct IdleTimer : io::Timer {
    explicit IdleTimer(UpstreamConnection& c) : Timer(&on_idle_timer), connection(c) {}
    UpstreamConnection& connection;
  } idle_timer_;
};

}  // namespace zerq::upstream
