// SPDX-License-Identifier: Apache-2.0
// AdminServer: the management listener on a loop thread of its own, never a shard, so that an
// export or an audit scan cannot stall customers. Serves TCP listeners and DATA_DIR/admin.sock.
// Rung: Gateway; the admin thread owns everything inside.
#pragma once

#include <memory>
#include <vector>

#include "admin/admin_router.h"
#include "base/intrusive_list.h"
#include "io/event_loop.h"
#include "io/listen_socket.h"
#include "io/tcp_socket.h"

namespace zerq::admin {

class AdminConnection;

class AdminServer {
 public:
  AdminServer(io::EventLoop& loop, AdminRouter& router);
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  // Takes the descriptor. A local socket's peers are root or ourselves, checked at accept.
  void listen(int fd, bool is_local_socket);
  // Accepts no more and ends every connection.
  void stop();

 private:
  friend class AdminConnection;
  class Door;
  void open_connection(int fd, const io::SocketAddress& peer, bool is_local_socket);
  void close_connection(AdminConnection& connection);

  // Concurrent management connections; one more is closed at once.
  static constexpr size_t kConnectionsMax = 256;

  io::EventLoop& loop_;
  AdminRouter& router_;
  std::vector<std::unique_ptr<Door>> doors_;
  IntrusiveList<AdminConnection> connections_;
  size_t connections_open_ = 0;
};

}  // namespace zerq::admin
