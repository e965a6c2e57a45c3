// SPDX-License-Identifier: Apache-2.0
// ClientConnection owns one accepted socket and runs one exchange after the other on it (rung:
// ClientConnection, inside a shard; one shard). Between requests it holds its frame and a timer:
// no exchange, no buffer.
#pragma once

#include <memory>

#include "auth/token_cache.h"
#include "base/intrusive_list.h"
#include "base/task.h"
#include "io/tcp_socket.h"
#include "proxy/data_shard.h"

namespace zerq::proxy {

class Exchange;

class ClientConnection final : public ListNode, private io::PeerCloseSink {
 public:
  ClientConnection(DataShard& shard, std::unique_ptr<io::TcpSocket> socket);
  ~ClientConnection();

  // Serves until the peer leaves or an exchange says close; then asks the shard to destroy it.
  void start();
  // Closes it now if it is idle, else after the exchange that runs.
  void drain() noexcept;

 private:
  Task<void> serve();
  Task<bool> wait_for_request();
  Task<bool> serve_request();
  Task<void> linger();
  void on_peer_close(ErrorCode how) noexcept override;

  // A connection that pipelines gives way to the others after so many requests (architecture §2).
  static constexpr int kRequestsPerTurn = 16;

  DataShard& shard_;
  std::unique_ptr<io::TcpSocket> socket_;
  IpAddress peer_ip_;
  auth::TokenMemo token_memo_;
  std::unique_ptr<Exchange> exchange_;
  Task<void> task_;
  int requests_this_turn_ = 0;
  bool is_draining_ = false;
  bool is_half_closed_ = false;  // Its FIN came: what is still in the inbox is all there will be.
  bool must_linger_ = false;
};

}  // namespace zerq::proxy
