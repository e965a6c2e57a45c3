// SPDX-License-Identifier: Apache-2.0
// AdminConnection: one management connection (rung: ClientConnection, on the admin thread). Reads
// a request whole, hands the call to the router, waits for its answer, writes it.
#pragma once

#include <memory>

#include "admin/admin_server.h"
#include "base/task.h"
#include "http/message_head.h"

namespace zerq::admin {

class AdminConnection final : public ListNode {
 public:
  AdminConnection(AdminServer& server, std::unique_ptr<io::TcpSocket> socket, IpAddress peer_ip,
                  bool is_local_socket);
  void start();
  void stop() noexcept { socket_->cancel(); }

 private:
  Task<void> serve();
  Task<bool> serve_call();
  Task<Result<std::string>> read_body(const http::RequestHead& head, Arena& arena);
  Task<bool> answer(const http::RequestHead& head, AdminReply reply, bool must_close);
  AdminRequest make_request(const http::RequestHead& head) const;

  AdminServer& server_;
  std::unique_ptr<io::TcpSocket> socket_;
  IpAddress peer_ip_;
  bool is_local_socket_;
  Task<void> task_;
};

}  // namespace zerq::admin
