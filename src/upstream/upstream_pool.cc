// SPDX-License-Identifier: Apache-2.0
#include "upstream/upstream_pool.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "io/dns_resolver.h"

namespace zerq::upstream {
namespace {

// A place that another shard gives back may be taken there again before its word arrives here, so
// a queue also looks for itself.
constexpr Duration kQueueLook = std::chrono::milliseconds(10);
// The longest that an address may take while another one is left to try (compare RFC 8305 §5).
constexpr Duration kAttemptMax = std::chrono::seconds(1);

// No descriptor, no memory, or no local port left. A machine without IPv6 says EADDRNOTAVAIL too.
bool is_exhaustion(int os_errno, const io::SocketAddress& address) {
  return os_errno == EMFILE || os_errno == ENFILE || os_errno == ENOBUFS || os_errno == ENOMEM ||
         (os_errno == EADDRNOTAVAIL && address.ip().is_v4());
}

// What the kernel said about a connection that did not come about. Nothing was sent, so the same
// attempt may be made again, elsewhere or later.
Error connect_error(const Error& cause, const io::SocketAddress& address) {
  Error error{.code = ErrorCode::kRefused,
              .source = ErrorSource::kUpstream,
              .retry = Retry::kAlways,
              .os_errno = cause.os_errno,
              .detail = "unreachable"};
  if (cause.code == ErrorCode::kTimedOut || cause.os_errno == ETIMEDOUT) {
    error.code = ErrorCode::kTimedOut;
    error.detail = "connect_timeout";
  } else if (is_exhaustion(cause.os_errno, address)) {
    error.code = ErrorCode::kExhausted;
    error.source = ErrorSource::kGateway;
    error.detail = "no_descriptors";
  } else if (cause.os_errno == ECONNREFUSED) {
    error.detail = "connection_refused";
  }
  return error;
}

// Where a ticket finds the socket to cancel, for as long as that one waits to be connected.
class ConnectingMark {
 public:
  ConnectingMark(io::TcpSocket*& mark, io::TcpSocket& socket) : mark_(mark) { mark_ = &socket; }
  ~ConnectingMark() { mark_ = nullptr; }
  ConnectingMark(const ConnectingMark&) = delete;
  ConnectingMark& operator=(const ConnectingMark&) = delete;

 private:
  io::TcpSocket*& mark_;
};

Error cancelled() { return {.code = ErrorCode::kCancelled, .detail = "borrow_cancelled"}; }

}  // namespace

// What one shard knows of a target. Never moves: timers and waiters point at it.
struct UpstreamPool::Entry {
  Entry(UpstreamPool& p, const Target& t) : pool(p), target(t), look_timer(*this) {}

  UpstreamPool& pool;
  const Target& target;
  IntrusiveList<UpstreamConnection> idle;  // Unused for longest first.
  IntrusiveList<Waiter> waiting;
  size_t waiting_count = 0;
  AddressBook addresses;
  struct LookTimer : io::Timer {
    explicit LookTimer(Entry& e) : Timer(&on_look), entry(e) {}
    Entry& entry;
  } look_timer;

  static void on_look(io::Timer& timer) noexcept {
    Entry& entry = static_cast<LookTimer&>(timer).entry;
    entry.pool.serve(entry);
    if (!entry.waiting.is_empty()) {
      entry.pool.look_for_places(entry);
    }
  }
};

// A place in the queue, in the frame of wait_in_line(). Served with a connection, or with a slot to
// make one; whatever it was given and did not take goes back when it dies.
struct UpstreamPool::Waiter : ListNode {
  Waiter(Entry& e, BorrowTicket& t) : entry(e), ticket(t) {
    entry.waiting.push_back(*this);
    ++entry.waiting_count;
    entry.target.state().waiting.add(1);
  }
  ~Waiter() {
    --entry.waiting_count;
    entry.target.state().waiting.add(-1);
  }
  bool is_served() const { return lease.is_valid() || slot.is_valid(); }

  Entry& entry;
  BorrowTicket& ticket;
  UpstreamLease lease;
  ConnectionSlot slot;
};

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
  if (std::exchange(is_reusable_, false) && connection_->socket().is_idle_and_healthy()) {
    UpstreamPool& pool = connection_->pool();
    pool.give_back(std::move(connection_));
  } else {
    connection_.reset();
  }
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
    if (entry == nullptr) {
      continue;
    }
    DCHECK(entry->waiting.is_empty());
    entry->target.state().pools.leave(*this);
    while (UpstreamConnection* connection = entry->idle.pop_front()) {
      const std::unique_ptr<UpstreamConnection> owned(connection);
    }
  }
}

UpstreamPool::Entry* UpstreamPool::find_entry(const Target& target) const noexcept {
  return target.index() < entries_.size() ? entries_[target.index()].get() : nullptr;
}

UpstreamPool::Entry& UpstreamPool::entry(const Target& target) {
  if (Entry* known = find_entry(target)) {
    return *known;
  }
  if (target.index() >= entries_.size()) {
    entries_.resize(target.index() + 1);
  }
  entries_[target.index()] = std::make_unique<Entry>(*this, target);
  target.state().pools.join(*this, loop_);
  return *entries_[target.index()];
}

UpstreamLease UpstreamPool::try_borrow_idle(const Target& target) noexcept {
  shard_.check();
  Entry* entry = find_entry(target);
  while (entry != nullptr) {
    UpstreamConnection* connection = entry->idle.back();
    if (connection == nullptr) {
      break;
    }
    if (!connection->socket().is_idle_and_healthy()) {
      drop_idle(*connection);
      continue;
    }
    connection->unlink();
    connection->end_idle();
    --idle_count_;
    return UpstreamLease(std::unique_ptr<UpstreamConnection>(connection));
  }
  return {};
}

void UpstreamPool::give_back(std::unique_ptr<UpstreamConnection> connection) {
  shard_.check();
  const Target& target = connection->target();
  Entry& own = entry(target);
  if (own.waiting.is_empty() && target.state().waiting.value() > 0) {
    connection.reset();  // Another shard's turn: a connection cannot move there, its place can.
    return;
  }
  connection->begin_idle(loop_.now() + target.limits().keep_alive);
  own.idle.push_back(*connection.release());
  ++idle_count_;
  serve(own);
}

void UpstreamPool::drop_idle(UpstreamConnection& connection) noexcept {
  connection.unlink();
  connection.end_idle();
  --idle_count_;
  // The place is free now, and what dies later needs no pool any more.
  connection.slot_.release();
  loop_.reap([owned = std::unique_ptr<UpstreamConnection>(&connection)] {});
}

void UpstreamPool::serve(Entry& entry) {
  while (Waiter* waiter = entry.waiting.front()) {
    waiter->lease = try_borrow_idle(entry.target);
    if (waiter->lease.is_valid()) {
      waiter->lease.finish_reusable();  // Nothing was sent yet: unused, it comes back.
    } else {
      waiter->slot = ConnectionSlot::try_take(*this, entry.target);
      if (!waiter->slot.is_valid()) {
        return;
      }
    }
    waiter->unlink();
    waiter->ticket.signal_.notify();
  }
}

void UpstreamPool::on_slot_free(const Target& target) {
  Entry* own = find_entry(target);
  if (own != nullptr && !own->waiting.is_empty()) {
    serve(*own);
  } else if (target.state().waiting.value() > 0) {
    target.state().pools.tell_others(*this, [&target](UpstreamPool& other) {
      if (Entry* theirs = other.find_entry(target)) {
        other.serve(*theirs);
      }
    });
  }
}

// Idle connections of other shards hold places that requests wait for here.
void UpstreamPool::look_for_places(Entry& entry) {
  loop_.timers().arm(entry.look_timer, loop_.now() + kQueueLook);
  entry.target.state().pools.tell_others(
      *this, [&target = entry.target, wanted = entry.waiting_count](UpstreamPool& other) {
        other.yield_places(target, wanted);
      });
}

void UpstreamPool::yield_places(const Target& target, size_t wanted) {
  Entry* own = find_entry(target);
  while (own != nullptr && wanted > 0 && !own->idle.is_empty()) {
    drop_idle(*own->idle.front());
    --wanted;
  }
}

Task<Result<UpstreamLease>> UpstreamPool::borrow(const Target& target, BorrowTicket& ticket,
                                                 Instant deadline) {
  shard_.check();
  if (ticket.is_cancelled()) {
    co_return fail(cancelled());
  }
  Entry& own = entry(target);
  if (own.waiting.is_empty()) {
    ConnectionSlot slot = ConnectionSlot::try_take(*this, target);
    if (slot.is_valid()) {
      co_return co_await connect(own, std::move(slot), ticket, deadline);
    }
  }
  co_return co_await wait_in_line(own, ticket, deadline);
}

Task<Result<UpstreamLease>> UpstreamPool::wait_in_line(Entry& entry, BorrowTicket& ticket,
                                                       Instant deadline) {
  const ConnectionLimits& limits = entry.target.limits();
  if (entry.waiting_count >= limits.queue_max) {
    co_return fail(ErrorCode::kExhausted, "queue_full");
  }
  Waiter waiter(entry, ticket);
  if (!entry.look_timer.is_armed()) {
    look_for_places(entry);
  }
  const Instant give_up = loop_.now() + limits.queue_wait;
  while (!waiter.is_served() && !ticket.is_cancelled()) {
    const Result<> woken = co_await ticket.signal_.wait(std::min(give_up, deadline));
    if (!woken.has_value() && woken.error().code == ErrorCode::kTimedOut && !waiter.is_served()) {
      co_return deadline < give_up ? fail(ErrorCode::kTimedOut, "queue_wait")
                                   : fail(ErrorCode::kExhausted, "queue_wait");
    }
  }
  if (ticket.is_cancelled()) {
    co_return fail(cancelled());
  }
  if (waiter.lease.is_valid()) {
    waiter.lease.is_reusable_ = false;
    co_return std::move(waiter.lease);
  }
  co_return co_await connect(entry, std::move(waiter.slot), ticket, deadline);
}

// The addresses that may be connected to, in the order in which to try them; never empty.
Task<Result<std::vector<io::SocketAddress>>> UpstreamPool::find_addresses(Entry& entry,
                                                                          BorrowTicket& ticket,
                                                                          Instant deadline) {
  const PoolKey& key = entry.target.key();
  std::vector<io::SocketAddress> addresses;
  if (entry.target.numeric().has_value()) {
    addresses.push_back(*entry.target.numeric());
  } else {
    addresses =
        CO_TRY(co_await resolver_.resolve(loop_, ticket.signal_, key.host, key.port, deadline));
  }
  std::erase_if(addresses, [this](const io::SocketAddress& address) {
    return !resolver_.is_allowed(address);
  });
  if (addresses.empty()) {
    co_return fail(ErrorCode::kForbidden, "address_policy");
  }
  entry.addresses.sort(addresses, loop_.now());
  co_return addresses;
}

Task<Result<UpstreamLease>> UpstreamPool::connect(Entry& entry, ConnectionSlot slot,
                                                  BorrowTicket& ticket, Instant deadline) {
  const std::vector<io::SocketAddress> addresses =
      CO_TRY(co_await find_addresses(entry, ticket, deadline));
  Error last;
  for (size_t i = 0; i < addresses.size(); ++i) {
    const Duration left = deadline - loop_.now();
    const auto more = static_cast<int64_t>(addresses.size() - i - 1);
    const Duration share = more == 0 ? left : std::min(left / (more + 1), kAttemptMax);
    Result<UpstreamLease> lease =
        co_await try_address(entry, slot, addresses[i], ticket, loop_.now() + share);
    if (ticket.is_cancelled()) {
      co_return fail(cancelled());
    }
    if (lease.has_value()) {
      entry.addresses.on_connected(addresses[i]);
      co_return lease;
    }
    last = lease.error();
    if (last.code == ErrorCode::kExhausted) {
      break;  // Our own fault, and the next address would meet it too.
    }
    entry.addresses.on_failed(addresses[i], loop_.now());
  }
  entry.target.state().connect_failures.add(1);
  co_return fail(last);
}

// Takes the slot only when it connects.
Task<Result<UpstreamLease>> UpstreamPool::try_address(Entry& entry, ConnectionSlot& slot,
                                                      io::SocketAddress address,
                                                      BorrowTicket& ticket, Instant deadline) {
  if (deadline <= loop_.now()) {
    co_return fail(connect_error({.code = ErrorCode::kTimedOut}, address));
  }
  Result<std::unique_ptr<io::TcpSocket>> socket = loop_.begin_connect(address);
  if (!socket.has_value()) {
    co_return fail(connect_error(socket.error(), address));
  }
  const ConnectingMark mark(ticket.connecting_, **socket);
  const Result<> connected = co_await (*socket)->connected(loop_.buffers(), deadline - loop_.now());
  if (!connected.has_value()) {
    co_return fail(connect_error(connected.error(), address));
  }
  co_return UpstreamLease(std::make_unique<UpstreamConnection>(*this, entry.target, std::move(slot),
                                                               *std::move(socket)));
}

}  // namespace zerq::upstream
