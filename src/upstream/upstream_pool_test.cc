// SPDX-License-Identifier: Apache-2.0
// The pool on both backends, against real listening sockets on loopback.
#include "upstream/upstream_pool.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <deque>
#include <optional>

#include "io/dns_resolver.h"
#include "io/listen_socket.h"

namespace zerq::upstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Borrowed = std::optional<Result<UpstreamLease>>;

// An upstream that accepts when it is told to.
class Origin {
 public:
  explicit Origin(const char* address = "127.0.0.1:0")
      : fd_(*io::open_listen_socket(*io::SocketAddress::parse(address), false)),
        port_(io::local_address(fd_).port()) {}
  ~Origin() {
    ::close(fd_);
    for (const int fd : accepted_) {
      ::close(fd);
    }
  }
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;

  uint16_t port() const { return port_; }
  // The next connection; -1 if none came.
  int accept_one() {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      accepted_.push_back(fd);
    }
    return fd;
  }
  void close_one(int fd) {
    std::erase(accepted_, fd);
    ::close(fd);
  }

 private:
  int fd_;
  uint16_t port_;
  std::vector<int> accepted_;
};

// 0: the peer closed. -1: nothing to read.
ssize_t read_some(int fd) {
  char byte = 0;
  return ::recv(fd, &byte, 1, MSG_DONTWAIT);
}

Task<void> borrow_once(UpstreamPool& pool, const Target& target, BorrowTicket& ticket,
                       Instant deadline, Borrowed& result) {
  result.emplace(co_await pool.borrow(target, ticket, deadline));
}

class UpstreamPoolTest : public testing::TestWithParam<io::Backend> {
 protected:
  void SetUp() override {
    loop_ = make_loop();
    pool_.emplace(*loop_, resolver_);
  }
  std::unique_ptr<io::EventLoop> make_loop() {
    auto loop = io::EventLoop::create({.backend = GetParam()}, clock_);
    EXPECT_TRUE(loop.has_value());
    return *std::move(loop);
  }
  template <class F>
  bool turn_until(F done) {
    const Instant end = clock_.now() + seconds(3);
    while (!done()) {
      if (clock_.now() > end) {
        return false;
      }
      loop_->run_turn(milliseconds(2));
      if (other_loop_ != nullptr) {
        other_loop_->run_turn(Duration{});
      }
    }
    return true;
  }
  Instant in(Duration d) { return clock_.now() + d; }
  const Target& target(const Origin& origin, ConnectionLimits limits = {}) {
    return registry_.find_or_add({.host = "127.0.0.1", .port = origin.port()}, limits);
  }

  // One borrow() with what it needs to be alive.
  struct Borrow {
    Borrow(UpstreamPool& pool, const Target& target, Instant deadline)
        : ticket(pool.loop()), task(borrow_once(pool, target, ticket, deadline, result)) {
      task.start();
    }
    BorrowTicket ticket;
    Borrowed result;
    Task<void> task;
  };
  Borrow& start_borrow(const Target& target, Duration limit = seconds(3)) {
    return borrows_.emplace_back(*pool_, target, in(limit));
  }
  UpstreamLease borrow(const Target& target) {
    Borrow& one = start_borrow(target);
    EXPECT_TRUE(turn_until([&] { return one.result.has_value(); }));
    EXPECT_TRUE(one.result->has_value()) << one.result->error().detail;
    return std::move(**one.result);
  }
  Error borrow_error(const Target& target, Duration limit = seconds(3)) {
    Borrow& one = start_borrow(target, limit);
    EXPECT_TRUE(turn_until([&] { return one.result.has_value(); }));
    EXPECT_FALSE(one.result->has_value());
    return one.result->error();
  }
  static void finish(UpstreamLease& lease) {
    lease.finish_reusable();
    lease = {};
  }

  SystemClock clock_;
  io::DnsResolver resolver_{io::AddressPolicy{}};
  TargetRegistry registry_;
  std::unique_ptr<io::EventLoop> other_loop_;
  std::unique_ptr<io::EventLoop> loop_;
  std::optional<UpstreamPool> pool_;
  std::deque<Borrow> borrows_;
};

INSTANTIATE_TEST_SUITE_P(Backends, UpstreamPoolTest,
                         testing::Values(io::Backend::kUring, io::Backend::kEpoll),
                         [](const auto& param) {
                           return param.param == io::Backend::kUring ? "uring" : "epoll";
                         });

TEST_P(UpstreamPoolTest, AFinishedConnectionIsLentAgain) {
  Origin origin;
  const Target& to = target(origin);
  EXPECT_FALSE(pool_->try_borrow_idle(to).is_valid());
  UpstreamLease lease = borrow(to);
  EXPECT_FALSE(lease.was_reused());
  EXPECT_EQ(to.address_text(), lease.address_text());
  const int peer = origin.accept_one();
  finish(lease);
  EXPECT_EQ(1U, pool_->idle_connections());

  lease = pool_->try_borrow_idle(to);
  ASSERT_TRUE(lease.is_valid());
  EXPECT_TRUE(lease.was_reused());
  EXPECT_EQ(0U, pool_->idle_connections());
  EXPECT_EQ(-1, read_some(peer));
  EXPECT_EQ(-1, origin.accept_one());
}

TEST_P(UpstreamPoolTest, ALeaseThatIsNotFinishedCloses) {
  Origin origin;
  UpstreamLease lease = borrow(target(origin));
  const int peer = origin.accept_one();
  lease = {};
  EXPECT_TRUE(turn_until([&] { return read_some(peer) == 0; }));
  EXPECT_EQ(0U, pool_->idle_connections());
  EXPECT_EQ(0, target(origin).state().connections.value());
}

TEST_P(UpstreamPoolTest, TheLastOneBackIsLentFirst) {
  Origin origin;
  const Target& to = target(origin);
  UpstreamLease one = borrow(to);
  UpstreamLease two = borrow(to);
  const io::Transport* last = &two.transport();
  finish(one);
  finish(two);
  UpstreamLease again = pool_->try_borrow_idle(to);
  EXPECT_EQ(last, &again.transport());
}

TEST_P(UpstreamPoolTest, AnIdleConnectionGoesWhenTheUpstreamCloses) {
  for (const bool is_reset : {false, true}) {
    Origin origin;
    const Target& to = target(origin);
    UpstreamLease lease = borrow(to);
    const int peer = origin.accept_one();
    finish(lease);
    if (is_reset) {
      const linger now{.l_onoff = 1, .l_linger = 0};
      ::setsockopt(peer, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    }
    origin.close_one(peer);
    EXPECT_TRUE(turn_until([&] { return pool_->idle_connections() == 0; }));
    EXPECT_FALSE(pool_->try_borrow_idle(to).is_valid());
    EXPECT_EQ(0, to.state().connections.value());
  }
}

// Bytes before a request are no response to it: the next caller must never see them.
TEST_P(UpstreamPoolTest, AnIdleConnectionGoesWhenTheUpstreamSpeaksUnasked) {
  Origin origin;
  const Target& to = target(origin);
  UpstreamLease lease = borrow(to);
  const int peer = origin.accept_one();
  finish(lease);
  ASSERT_EQ(4, ::send(peer, "HTTP", 4, MSG_NOSIGNAL));
  EXPECT_TRUE(turn_until([&] { return pool_->idle_connections() == 0; }));
  EXPECT_TRUE(turn_until([&] { return read_some(peer) != -1; }));
}

TEST_P(UpstreamPoolTest, AConnectionWithUnreadBytesDoesNotGoBack) {
  Origin origin;
  UpstreamLease lease = borrow(target(origin));
  const int peer = origin.accept_one();
  lease.transport().watch_peer();
  ASSERT_EQ(4, ::send(peer, "more", 4, MSG_NOSIGNAL));
  ASSERT_TRUE(turn_until([&] { return !lease.transport().inbox().empty(); }));
  finish(lease);
  EXPECT_EQ(0U, pool_->idle_connections());
}

TEST_P(UpstreamPoolTest, AnIdleConnectionGoesAfterItsTime) {
  Origin origin;
  const Target& to = target(origin, {.keep_alive = milliseconds(20)});
  UpstreamLease lease = borrow(to);
  const int peer = origin.accept_one();
  finish(lease);
  EXPECT_EQ(1U, pool_->idle_connections());
  EXPECT_TRUE(turn_until([&] { return pool_->idle_connections() == 0; }));
  EXPECT_TRUE(turn_until([&] { return read_some(peer) == 0; }));
}

TEST_P(UpstreamPoolTest, NobodyListensIsRefused) {
  uint16_t port = 0;
  {
    Origin origin;
    port = origin.port();
  }
  const Target& to = registry_.find_or_add({.host = "127.0.0.1", .port = port});
  const Error error = borrow_error(to);
  EXPECT_EQ(ErrorCode::kRefused, error.code);
  EXPECT_EQ("connection_refused", error.detail);
  EXPECT_EQ(ErrorSource::kUpstream, error.source);
  EXPECT_EQ(Retry::kAlways, error.retry);
  EXPECT_EQ(0, to.state().connections.value());
  EXPECT_EQ(1, to.state().connect_failures.value());
}

TEST_P(UpstreamPoolTest, AnUpstreamThatDoesNotAnswerTimesOut) {
  // A full queue of a listener that accepts nothing: further SYNs are dropped.
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const io::SocketAddress any = *io::SocketAddress::parse("127.0.0.1:0");
  ASSERT_EQ(0, ::bind(listener, any.data(), any.size()));
  ASSERT_EQ(0, ::listen(listener, 0));
  const io::SocketAddress address = io::local_address(listener);
  const int filler = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(0, ::connect(filler, address.data(), address.size()));
  const Target& to = registry_.find_or_add({.host = "127.0.0.1", .port = address.port()});
  const Error error = borrow_error(to, milliseconds(50));
  EXPECT_EQ(ErrorCode::kTimedOut, error.code);
  EXPECT_EQ("connect_timeout", error.detail);

  Borrow& second = start_borrow(to);
  loop_->run_turn(Duration{});
  EXPECT_FALSE(second.result.has_value());
  second.ticket.cancel();
  loop_->run_turn(Duration{});
  loop_->run_turn(Duration{});
  ASSERT_TRUE(second.result.has_value());
  EXPECT_EQ(ErrorCode::kCancelled, second.result->error().code);
  EXPECT_EQ(0, to.state().connections.value());
  ::close(filler);
  ::close(listener);
}

TEST_P(UpstreamPoolTest, MetadataAddressesAreForbidden) {
  for (const char* host : {"169.254.169.254", "0.0.0.0", "224.0.0.1", "fe80::1", "fd00:ec2::254"}) {
    const Target& to = registry_.find_or_add({.host = host});
    EXPECT_EQ(ErrorCode::kForbidden, borrow_error(to).code) << host;
    EXPECT_EQ(0, to.state().connections.value());
  }
}

TEST_P(UpstreamPoolTest, AllAddressesOfANameAreTried) {
  Origin origin;  // On 127.0.0.1 only; localhost is ::1 as well.
  const Target& to = registry_.find_or_add({.host = "localhost", .port = origin.port()});
  for (int i = 0; i < 4; ++i) {
    UpstreamLease lease = borrow(to);
    EXPECT_EQ("127.0.0.1:" + std::to_string(origin.port()), lease.address_text());
  }
}

TEST_P(UpstreamPoolTest, AUnknownNameHasNoAddress) {
  const Target& to = registry_.find_or_add({.host = "no-such-host.invalid"});
  Borrow& one = start_borrow(to, milliseconds(200));
  ASSERT_TRUE(turn_until([&] { return one.result.has_value(); }));
  ASSERT_FALSE(one.result->has_value());
  // Without a network nobody answers; with one the name does not exist.
  const ErrorCode code = one.result->error().code;
  EXPECT_TRUE(code == ErrorCode::kResolve || code == ErrorCode::kTimedOut);
  EXPECT_EQ(0, to.state().connections.value());
}

TEST_P(UpstreamPoolTest, AQueuedBorrowGetsTheConnectionThatComesBack) {
  Origin origin;
  const Target& to = target(origin, {.connections_max = 1});
  UpstreamLease lease = borrow(to);
  Borrow& second = start_borrow(to);
  Borrow& third = start_borrow(to);
  loop_->run_turn(Duration{});
  EXPECT_FALSE(second.result.has_value());
  EXPECT_EQ(2, to.state().waiting.value());
  finish(lease);
  EXPECT_FALSE(pool_->try_borrow_idle(to).is_valid());  // Nobody jumps the queue.
  ASSERT_TRUE(turn_until([&] { return second.result.has_value(); }));
  EXPECT_TRUE((*second.result)->was_reused());
  EXPECT_FALSE(third.result.has_value());
  **second.result = {};  // Closed: the third makes a connection of its own.
  ASSERT_TRUE(turn_until([&] { return third.result.has_value(); }));
  EXPECT_FALSE((*third.result)->was_reused());
  EXPECT_EQ(0, to.state().waiting.value());
  EXPECT_EQ(1, to.state().connections.value());
}

TEST_P(UpstreamPoolTest, TheQueueIsBoundedInLengthAndTime) {
  Origin origin;
  const Target& to =
      target(origin, {.connections_max = 1, .queue_max = 1, .queue_wait = milliseconds(30)});
  UpstreamLease lease = borrow(to);
  Borrow& second = start_borrow(to);
  const Error full = borrow_error(to);
  EXPECT_EQ(ErrorCode::kExhausted, full.code);
  EXPECT_EQ("queue_full", full.detail);
  EXPECT_FALSE(second.result.has_value());
  ASSERT_TRUE(turn_until([&] { return second.result.has_value(); }));
  EXPECT_EQ(ErrorCode::kExhausted, second.result->error().code);
  EXPECT_EQ("queue_wait", second.result->error().detail);
  EXPECT_EQ(0, to.state().waiting.value());
}

TEST_P(UpstreamPoolTest, CancelEndsAPlaceInTheQueueAtOnce) {
  Origin origin;
  const Target& to = target(origin, {.connections_max = 1});
  UpstreamLease lease = borrow(to);
  Borrow& second = start_borrow(to);
  Borrow& third = start_borrow(to);
  loop_->run_turn(Duration{});
  second.ticket.cancel();
  loop_->run_turn(Duration{});
  ASSERT_TRUE(second.result.has_value());
  EXPECT_EQ(ErrorCode::kCancelled, second.result->error().code);
  finish(lease);
  EXPECT_TRUE(turn_until([&] { return third.result.has_value(); }));
}

TEST_P(UpstreamPoolTest, WhatACancelledBorrowWasGivenGoesToTheNext) {
  Origin origin;
  const Target& to = target(origin, {.connections_max = 1});
  UpstreamLease lease = borrow(to);
  Borrow& second = start_borrow(to);
  Borrow& third = start_borrow(to);
  loop_->run_turn(Duration{});
  finish(lease);
  second.ticket.cancel();
  ASSERT_TRUE(turn_until([&] { return second.result.has_value() && third.result.has_value(); }));
  EXPECT_EQ(ErrorCode::kCancelled, second.result->error().code);
  EXPECT_TRUE((*third.result)->was_reused());
}

TEST_P(UpstreamPoolTest, CancelBeforeTheBorrowCounts) {
  Origin origin;
  BorrowTicket ticket(*loop_);
  ticket.cancel();
  Borrowed result;
  Task<void> task = borrow_once(*pool_, target(origin), ticket, in(seconds(3)), result);
  task.start();
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(ErrorCode::kCancelled, result->error().code);
}

TEST_P(UpstreamPoolTest, CancelEndsAResolveAtOnce) {
  const Target& to = registry_.find_or_add({.host = "cancelled.invalid"});
  Borrow& one = start_borrow(to);
  one.ticket.cancel();
  loop_->run_turn(Duration{});
  ASSERT_TRUE(one.result.has_value());
  EXPECT_EQ(ErrorCode::kCancelled, one.result->error().code);
}

TEST_P(UpstreamPoolTest, ABorrowMayBeDestroyedAnywhere) {
  Origin origin;
  const Target& to = target(origin, {.connections_max = 1});
  for (int turns = 0; turns < 4; ++turns) {
    {
      Borrow connecting(*pool_, to, in(seconds(3)));
      Borrow waiting(*pool_, to, in(seconds(3)));
      Borrow resolving(*pool_, registry_.find_or_add({.host = "gone.invalid"}), in(seconds(3)));
      for (int i = 0; i < turns; ++i) {
        loop_->run_turn(Duration{});
      }
    }
    EXPECT_TRUE(turn_until([&] { return to.state().connections.value() <= 1; }));
    EXPECT_EQ(0, to.state().waiting.value());
  }
}

TEST_P(UpstreamPoolTest, AnIdleConnectionOfAnotherShardGivesUpItsPlace) {
  Origin origin;
  const Target& to = target(origin, {.connections_max = 2});
  other_loop_ = make_loop();
  UpstreamPool other(*other_loop_, resolver_);
  UpstreamLease one = borrow(to);
  UpstreamLease two = borrow(to);
  finish(one);
  finish(two);

  Borrow theirs(other, to, in(seconds(3)));
  ASSERT_TRUE(turn_until([&] { return theirs.result.has_value(); }));
  ASSERT_TRUE(theirs.result->has_value()) << theirs.result->error().detail;
  EXPECT_EQ(1U, pool_->idle_connections());
  EXPECT_EQ(2, to.state().connections.value());
}

TEST_P(UpstreamPoolTest, ABusyPlaceGoesToTheShardThatWaits) {
  Origin origin;
  const Target& to = target(origin, {.connections_max = 1});
  other_loop_ = make_loop();
  UpstreamPool other(*other_loop_, resolver_);
  UpstreamLease lease = borrow(to);
  Borrow theirs(other, to, in(seconds(3)));
  other_loop_->run_turn(Duration{});
  loop_->run_turn(Duration{});
  EXPECT_FALSE(theirs.result.has_value());
  finish(lease);
  EXPECT_EQ(0U, pool_->idle_connections());
  ASSERT_TRUE(turn_until([&] { return theirs.result.has_value(); }));
  EXPECT_TRUE(theirs.result->has_value());
}

}  // namespace
}  // namespace zerq::upstream
