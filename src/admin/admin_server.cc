// SPDX-License-Identifier: Apache-2.0
#include "admin/admin_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include "admin/admin_connection.h"

namespace zerq::admin {
namespace {

// semantics §10: the local socket is for the same user and for root.
bool is_own_or_root(int fd) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         (peer.uid == 0 || peer.uid == ::geteuid());
}

}  // namespace

// One listening descriptor.
class AdminServer::Door final : private io::AcceptSink {
 public:
  Door(AdminServer& server, int fd, bool is_local_socket)
      : server_(server),
        socket_(server.loop_.adopt_listener(fd)),
        is_local_socket_(is_local_socket) {
    socket_->start(*this);
  }
  void close() noexcept { socket_->pause(); }

 private:
  void on_accept(int fd, const io::SocketAddress& peer) noexcept override {
    if (is_local_socket_ && !is_own_or_root(fd)) {
      ::close(fd);
      return;
    }
    server_.open_connection(fd, peer, is_local_socket_);
  }

  AdminServer& server_;
  std::unique_ptr<io::ListenSocket> socket_;
  bool is_local_socket_;
};

AdminServer::AdminServer(io::EventLoop& loop, AdminRouter& router) : loop_(loop), router_(router) {}

AdminServer::~AdminServer() {
  while (AdminConnection* connection = connections_.pop_front()) {
    delete connection;
  }
}

void AdminServer::listen(int fd, bool is_local_socket) {
  doors_.push_back(std::make_unique<Door>(*this, fd, is_local_socket));
}

void AdminServer::stop() {
  for (const auto& door : doors_) {
    door->close();
  }
  connections_.for_each([](AdminConnection& connection) { connection.stop(); });
}

void AdminServer::open_connection(int fd, const io::SocketAddress& peer, bool is_local_socket) {
  if (connections_open_ >= kConnectionsMax) {
    ::close(fd);
    return;
  }
  auto* connection = new AdminConnection(
      *this, loop_.adopt_socket(fd), is_local_socket ? IpAddress() : peer.ip(), is_local_socket);
  connections_.push_back(*connection);
  ++connections_open_;
  connection->start();
}

void AdminServer::close_connection(AdminConnection& connection) {
  connection.unlink();
  --connections_open_;
  // Its own coroutine is on the resume stack now.
  loop_.reap([owned = std::unique_ptr<AdminConnection>(&connection)] {});
}

}  // namespace zerq::admin
