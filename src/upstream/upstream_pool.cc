// SPDX-License-Identifier: Apache-2.0
#include "upstream/upstream_pool.h"

#include <algorithm>

namespace zerq::upstream {
namespace {

// Shorter than the keep-alive of common servers (60–75 s), so that we close first.
constexpr Duration kIdleMax = std::chrono::seconds(55);
// A place may become free on another shard, which tells nobody here: look again after this.
constexpr Duration kQueueRetry = std::chrono::milliseconds(10);

}  // namespace

UpstreamConnection::UpstreamConnection(UpstreamPool& pool, const Target& target,
                                       std::unique_ptr<io::TcpSocket> socket)
    : pool_(pool), target_(target), socket_(std::move(socket)), idle_timer_(*this) {
  address_text_ = socket_->peer_address().to_text();
}

UpstreamConnection::~UpstreamConnection() { target_.connections().add(-1); }

void UpstreamConnection::on_peer_close(ErrorCode) noexcept {
  if (is_linked()) {
    pool_.drop_idle(*this);
  }
}

void UpstreamConnection::on_idle_timer(io::Timer& timer) noexcept {
  UpstreamConnection& connection = static_cast<IdleTimer&>(timer).connection;
  connection.pool_.drop_idle(connection);
}

UpstreamLease::UpstreamLease(std::unique_ptr<UpstreamConnection> connection)
    : connection_(std::move(connection)), was_reused_(connection_->was_used()) {}

UpstreamLease& UpstreamLease::operator=(UpstreamLease&& other) noexcept {
  if (this != &other) {
    release();
    connection_ = std::move(other.connection_);
    was_reused_ = other.was_reused_;
    is_reusable_ = std::exchange(other.is_reusable_, false);
  }
  return *this;
}

void UpstreamLease::release() {
  if (connection_ == nullptr) {
    return;
  }
  UpstreamPool& pool = connection_->pool();
  const Target& target = connection_->target();
  if (is_reusable_ && connection_->socket().is_idle_and_healthy()) {
    pool.give_back(std::move(connection_));
  } else {
    connection_.reset();
  }
  pool.wake_waiter(target);
}

void BorrowTicket::cancel() noexcept {
  is_cancelled_ = true;
  signal_.cancel();
  if (connecting_ != nullptr) {
    connecting_->cancel();
  }
}

UpstreamPool::UpstreamPool(io::EventLoop& loop, io::DnsResolver& resolver)
    : loop_(loop), resolver_(resolver) {}

UpstreamPool::~UpstreamPool() {
  for (const auto& entry : entries_) {
    while (entry != nullptr && !entry->idle.is_empty()) {
      delete entry->idle.pop_front();
    }
  }
}

UpstreamPool::Entry& UpstreamPool::entry(const Target& target) {
  if (target.index() >= entries_.size()) {
    entries_.resize(target.index() + 1);
  }
  std::unique_ptr<Entry>& entry = entries_[target.index()];
  if (entry == nullptr) {
    entry = std::make_unique<Entry>();
  }
  return *entry;
}

UpstreamLease UpstreamPool::try_borrow_idle(const Target& target) noexcept {
  if (target.index() >= entries_.size() || entries_[target.index()] == nullptr) {
    return {};
  }
  IntrusiveList<UpstreamConnection>& idle = entries_[target.index()]->idle;
  UpstreamConnection* connection = idle.back();
  if (connection == nullptr) {
    return {};
  }
  connection->unlink();
  connection->idle_timer_.disarm();
  --idle_count_;
  return UpstreamLease(std::unique_ptr<UpstreamConnection>(connection));
}

void UpstreamPool::give_back(std::unique_ptr<UpstreamConnection> connection) {
  connection->was_used_ = true;
  connection->socket().set_close_sink(connection.get());
  connection->socket().watch_peer();
  loop_.timers().arm(connection->idle_timer_, loop_.now() + kIdleMax);
  entry(connection->target()).idle.push_back(*connection.release());
  ++idle_count_;
}

void UpstreamPool::drop_idle(UpstreamConnection& connection) noexcept {
  connection.unlink();
  connection.idle_timer_.disarm();
  --idle_count_;
  loop_.reap([owned = std::unique_ptr<UpstreamConnection>(&connection)] {});
}

void UpstreamPool::wake_waiter(const Target& target) {
  std::deque<BorrowTicket*>& waiting = entry(target).waiting;
  if (!waiting.empty()) {
    waiting.front()->signal_.notify();
  }
}

Task<Result<UpstreamLease>> UpstreamPool::borrow(const Target& target, BorrowTicket& ticket,
                                                 Instant deadline) {
  const Instant queue_deadline =
      std::min(deadline, loop_.now() + target.limits().queue_wait);
  while (!ticket.is_cancelled()) {
    if (target.connections().try_add_one(target.limits().connections_max)) {
      co_return co_await connect(target, ticket, deadline);
    }
    if (loop_.now() >= queue_deadline || entry(target).waiting.size() >= target.limits().queue_max) {
      co_return fail(ErrorCode::kExhausted, "connections_max");
    }
    const Result<> woken = co_await wait_in_queue(target, ticket, queue_deadline);
    static_cast<void>(woken);  // Whatever woke it, it looks again.
    if (UpstreamLease lease = try_borrow_idle(target); lease.is_valid()) {
      co_return lease;
    }
  }
  co_return fail(ErrorCode::kCancelled);
}

Task<Result<>> UpstreamPool::wait_in_queue(const Target& target, BorrowTicket& ticket,
                                           Instant deadline) {
  std::deque<BorrowTicket*>& waiting = entry(target).waiting;
  waiting.push_back(&ticket);
  struct Leave {
    std::deque<BorrowTicket*>& queue;
    BorrowTicket* ticket;
    ~Leave() { std::erase(queue, ticket); }
  } leave{waiting, &ticket};
  co_return co_await ticket.signal_.wait(std::min(deadline, loop_.now() + kQueueRetry));
}

// Precondition: the connection is counted already; it is discounted here unless it comes about.
Task<Result<UpstreamLease>> UpstreamPool::connect(const Target& target, BorrowTicket& ticket,
                                                  Instant deadline) {
  struct Uncount {
    const Target* target;
    ~Uncount() {
      if (target != nullptr) {
        target->connections().add(-1);
      }
    }
  } uncount{&target};
  const std::vector<io::SocketAddress> addresses = CO_TRY(
      co_await resolver_.resolve(loop_, ticket.signal_, target.key().host, target.key().port,
                                 deadline));
  Error last{.code = ErrorCode::kResolve, .detail = "no_address"};
  for (const io::SocketAddress& address : addresses) {
    if (!resolver_.is_allowed(address.ip())) {
      last = Error{.code = ErrorCode::kForbidden, .detail = "address_policy"};
      continue;
    }
    Result<std::unique_ptr<io::TcpSocket>> socket = loop_.begin_connect(address);
    if (!socket.has_value()) {
      last = socket.error();
      continue;
    }
    ticket.connecting_ = socket->get();
    const Result<> connected =
        co_await (*socket)->connected(loop_.buffers(), deadline - loop_.now());
    ticket.connecting_ = nullptr;
    if (connected.has_value()) {
      uncount.target = nullptr;
      co_return UpstreamLease(
          std::make_unique<UpstreamConnection>(*this, target, *std::move(socket)));
    }
    last = connected.error();
    last.detail = error_code_name(last.code);
    if (ticket.is_cancelled() || last.code == ErrorCode::kTimedOut) {
      break;
    }
  }
  co_return fail(last);
}

}  // namespace zerq::upstream
