// SPDX-License-Identifier: Apache-2.0
// UpstreamPool lends live connections to targets and takes them back (rung: Shard; one thread).
// The common case, an idle connection, is a plain function that neither waits nor allocates.
//   kRefused, kResolve  nobody there         kTimedOut   not connected by the deadline
//   kForbidden          the address policy   kExhausted  connections_max, and the queue is full or
//   kCancelled          BorrowTicket::cancel()           queue_wait passed; or no descriptors left
#pragma once

#include <memory>
#include <vector>

#include "base/intrusive_list.h"
#include "base/task.h"
#include "io/event_loop.h"
#include "io/shard_bound.h"
#include "io/signal.h"
#include "upstream/address_book.h"
#include "upstream/upstream_connection.h"

namespace zerq::io {
class DnsResolver;
}

namespace zerq::upstream {

// A borrowed connection (rung: Exchange). It goes back to the pool only after finish_reusable();
// dropped without it, the connection closes.
class UpstreamLease {
 public:
  UpstreamLease() = default;
  UpstreamLease(UpstreamLease&& other) noexcept { *this = std::move(other); }
  UpstreamLease& operator=(UpstreamLease&& other) noexcept;
  ~UpstreamLease() { release(); }

  bool is_valid() const { return connection_ != nullptr; }
  io::Transport& transport() const { return connection_->socket(); }
  const std::string& address_text() const { return connection_->address_text(); }
  bool was_reused() const { return was_reused_; }
  // Both messages ended as they should and neither side said close.
  void finish_reusable() { is_reusable_ = true; }

 private:
  friend class UpstreamPool;
  explicit UpstreamLease(std::unique_ptr<UpstreamConnection> connection);
  void release();

  std::unique_ptr<UpstreamConnection> connection_;
  bool was_reused_ = false;
  bool is_reusable_ = false;
};

// Lets the owner of a borrow() end it at once, in whatever it waits (the caller left). Outlives the
// borrow; good for any number of them, one after the other.
class BorrowTicket {
 public:
  explicit BorrowTicket(io::EventLoop& loop) : signal_(loop) {}
  void cancel() noexcept;
  bool is_cancelled() const { return is_cancelled_; }

 private:
  friend class UpstreamPool;
  io::Signal signal_;
  io::TcpSocket* connecting_ = nullptr;
  bool is_cancelled_ = false;
};

class UpstreamPool {
 public:
  UpstreamPool(io::EventLoop& loop, io::DnsResolver& resolver);
  ~UpstreamPool();
  UpstreamPool(const UpstreamPool&) = delete;
  UpstreamPool& operator=(const UpstreamPool&) = delete;

  // An idle connection, last in first out; an invalid lease if there is none.
  UpstreamLease try_borrow_idle(const Target& target) noexcept;
  // A new connection, or a place in the queue: first come, first served.
  Task<Result<UpstreamLease>> borrow(const Target& target, BorrowTicket& ticket, Instant deadline);

  io::EventLoop& loop() const { return loop_; }
  size_t idle_connections() const { return idle_count_; }

 private:
  friend class UpstreamLease;
  friend class UpstreamConnection;
  friend class ConnectionSlot;
  struct Entry;
  struct Waiter;

  Entry& entry(const Target& target);
  Entry* find_entry(const Target& target) const noexcept;
  Task<Result<UpstreamLease>> wait_in_line(Entry& entry, BorrowTicket& ticket, Instant deadline);
  Task<Result<UpstreamLease>> connect(Entry& entry, ConnectionSlot slot, BorrowTicket& ticket,
                                      Instant deadline);
  Task<Result<std::vector<io::SocketAddress>>> find_addresses(Entry& entry, BorrowTicket& ticket,
                                                              Instant deadline);
  Task<Result<UpstreamLease>> try_address(Entry& entry, ConnectionSlot& slot,
                                          io::SocketAddress address, BorrowTicket& ticket,
                                          Instant deadline);
  // Hands out what is free to those who wait, in their order.
  void serve(Entry& entry);
  void give_back(std::unique_ptr<UpstreamConnection> connection);
  // Takes an idle connection out and destroys it between events.
  void drop_idle(UpstreamConnection& connection) noexcept;
  void on_slot_free(const Target& target);
  void look_for_places(Entry& entry);
  // Another shard's queue wants places: the connections unused for longest go.
  void yield_places(const Target& target, size_t wanted);

  io::EventLoop& loop_;
  io::DnsResolver& resolver_;
  std::vector<std::unique_ptr<Entry>> entries_;  // By Target::index().
  size_t idle_count_ = 0;
  [[no_unique_address]] io::ShardBound shard_;
};

}  // namespace zerq::upstream
