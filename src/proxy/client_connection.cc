// SPDX-License-Identifier: Apache-2.0
#include "proxy/client_connection.h"

#include "io/event_loop.h"
#include "proxy/exchange.h"
#include "proxy/snapshot.h"

namespace zerq::proxy {
namespace {

// Time and bytes that a peer gets to read our last answer before the socket closes on it.
constexpr Duration kLinger = std::chrono::seconds(2);
constexpr size_t kLingerBytesMax = 256 * 1024;

}  // namespace

ClientConnection::ClientConnection(DataShard& shard, std::unique_ptr<io::TcpSocket> socket)
    : shard_(shard), socket_(std::move(socket)), peer_ip_(socket_->peer_address().ip()) {
  socket_->set_close_sink(this);
}

ClientConnection::~ClientConnection() = default;

void ClientConnection::start() {
  task_ = serve();
  task_.start();
}

void ClientConnection::drain() noexcept {
  is_draining_ = true;
  if (exchange_ == nullptr) {
    socket_->cancel();
  }
}

Task<void> ClientConnection::serve() {
  while (co_await wait_for_request()) {
    if (!co_await serve_request()) {
      break;
    }
  }
  if (must_linger_) {
    co_await linger();
  }
  shard_.close_connection(*this);
}

Task<bool> ClientConnection::wait_for_request() {
  io::EventLoop& loop = shard_.loop();
  if (!socket_->inbox().empty()) {
    if (++requests_this_turn_ >= kRequestsPerTurn) {
      requests_this_turn_ = 0;
      co_await loop.sleep_until(loop.now());
    }
    co_return true;
  }
  requests_this_turn_ = 0;
  if (is_draining_) {
    co_return false;
  }
  const Duration keepalive = shard_.snapshot().settings.peer.keepalive;
  const Result<> more = co_await socket_->wait_inbox(loop.now() + keepalive);
  co_return more.has_value();
}

Task<bool> ClientConnection::serve_request() {
  exchange_ = std::make_unique<Exchange>(shard_, *socket_, peer_ip_, token_memo_, is_half_closed_);
  co_await exchange_->run();
  const bool goes_on = exchange_->keeps_connection() && !is_draining_;
  must_linger_ = !goes_on && exchange_->must_linger() && !exchange_->client_left();
  if (exchange_->client_left()) {
    socket_->set_reset_on_close();
  }
  exchange_.reset();
  co_return goes_on;
}

// Closing with unread bytes makes the kernel send RST, which can destroy the answer in transit
// (RFC 9112 §9.6). So: FIN, then read and drop for a while.
Task<void> ClientConnection::linger() {
  socket_->shutdown_send();
  const Instant deadline = shard_.loop().now() + kLinger;
  size_t dropped = 0;
  while (dropped < kLingerBytesMax) {
    dropped += socket_->inbox().size();
    socket_->consume(socket_->inbox().size());
    const Result<> more = co_await socket_->wait_inbox(deadline);
    if (!more.has_value()) {
      break;
    }
  }
}

void ClientConnection::on_peer_close(ErrorCode how) noexcept {
  is_half_closed_ = is_half_closed_ || how == ErrorCode::kEof;
  if (exchange_ != nullptr) {
    exchange_->on_peer_close(how);
  }
}

}  // namespace zerq::proxy
