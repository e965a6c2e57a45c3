// SPDX-License-Identifier: Apache-2.0
// Both backends under the same tests: what io/transport.h promises, over real loopback sockets.
#include "io/event_loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <thread>

#include "io/listen_socket.h"
#include "io/socket_pair_for_test.h"
#include "io/tcp_socket.h"

namespace zerq::io {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LoopTest : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    auto loop = EventLoop::create({.backend = GetParam()}, clock_);
    ASSERT_TRUE(loop.has_value());
    loop_ = *std::move(loop);
  }
  void TearDown() override {
    for (const int fd : peers_) {
      ::close(fd);
    }
  }

  std::unique_ptr<TcpSocket> open_pair(int& peer) {
    std::unique_ptr<TcpSocket> socket = open_socket_pair(*loop_, peer);
    peers_.push_back(peer);
    return socket;
  }

  // Turns until `done` or two seconds.
  template <class F>
  bool turn_until(F done) {
    const Instant end = clock_.now() + seconds(2);
    while (!done()) {
      if (clock_.now() > end) {
        return false;
      }
      loop_->run_turn(milliseconds(5));
    }
    return true;
  }
  void say(int peer, std::string_view text) {
    ASSERT_EQ(static_cast<ssize_t>(text.size()), ::send(peer, text.data(), text.size(), 0));
  }
  BufferChain chain_of(std::string_view text) {
    BufferChain chain(loop_->buffers());
    chain.append(text);
    return chain;
  }
  Instant in(Duration d) { return clock_.now() + d; }

  SystemClock clock_;
  std::unique_ptr<EventLoop> loop_;
  std::vector<int> peers_;
};

INSTANTIATE_TEST_SUITE_P(Backends, LoopTest, testing::Values(Backend::kUring, Backend::kEpoll),
                         [](const auto& param) {
                           return param.param == Backend::kUring ? "uring" : "epoll";
                         });

Task<void> wait_once(Transport& transport, Instant deadline, std::optional<Result<>>& result) {
  result = co_await transport.wait_inbox(deadline);
}

Task<void> body_once(Transport& transport, size_t hint, Instant deadline,
                     std::optional<Result<IoBuffer>>& result) {
  result.emplace(co_await transport.receive_body(hint, deadline));
}

Task<void> send_once(Transport& transport, BufferChain chain, Duration idle,
                     std::optional<Result<>>& result) {
  result = co_await transport.send(std::move(chain), idle);
}

TEST_P(LoopTest, InboxGrowsWithWhatThePeerSends) {
  int peer = -1;
  const auto socket = open_pair(peer);
  std::optional<Result<>> result;
  Task<void> task = wait_once(*socket, in(seconds(2)), result);
  task.start();
  say(peer, "hello");
  ASSERT_TRUE(turn_until([&] { return result.has_value(); }));
  EXPECT_TRUE(result->has_value());
  EXPECT_EQ("hello", socket->inbox());
  socket->consume(2);
  EXPECT_EQ("llo", socket->inbox());
}

TEST_P(LoopTest, AWaitEndsAtItsDeadline) {
  int peer = -1;
  const auto socket = open_pair(peer);
  std::optional<Result<>> result;
  Task<void> task = wait_once(*socket, in(milliseconds(20)), result);
  task.start();
  ASSERT_TRUE(turn_until([&] { return result.has_value(); }));
  EXPECT_EQ(ErrorCode::kTimedOut, result->error().code);
  // The receive is still armed, so what comes later is not lost.
  std::optional<Result<>> second;
  Task<void> again = wait_once(*socket, in(seconds(2)), second);
  again.start();
  say(peer, "late");
  ASSERT_TRUE(turn_until([&] { return second.has_value(); }));
  EXPECT_EQ("late", socket->inbox());
}

TEST_P(LoopTest, CancelEndsEveryWait) {
  int peer = -1;
  const auto socket = open_pair(peer);
  std::optional<Result<>> result;
  Task<void> task = wait_once(*socket, in(seconds(60)), result);
  task.start();
  loop_->run_turn(Duration{});
  socket->cancel();
  ASSERT_TRUE(turn_until([&] { return result.has_value(); }));
  EXPECT_EQ(ErrorCode::kCancelled, result->error().code);
}

TEST_P(LoopTest, EndOfStreamIsStickyAndComesAfterTheBytes) {
  int peer = -1;
  const auto socket = open_pair(peer);
  say(peer, "last words");
  ::shutdown(peer, SHUT_WR);
  std::string seen;
  std::optional<Result<>> result;
  while (!result.has_value() || result->has_value()) {
    result.reset();
    Task<void> task = wait_once(*socket, in(seconds(2)), result);
    task.start();
    ASSERT_TRUE(turn_until([&] { return result.has_value(); }));
    seen += socket->inbox();
    socket->consume(socket->inbox().size());
  }
  EXPECT_EQ("last words", seen);
  EXPECT_EQ(ErrorCode::kEof, result->error().code);
  std::optional<Result<IoBuffer>> body;
  Task<void> task = body_once(*socket, 100, in(seconds(2)), body);
  task.start();
  ASSERT_TRUE(turn_until([&] { return body.has_value(); }));
  EXPECT_EQ(ErrorCode::kEof, body->error().code);
}

class SeenClose final : public PeerCloseSink {
 public:
  void on_peer_close(ErrorCode how) noexcept override { seen = how; }
  std::optional<ErrorCode> seen;
};

TEST_P(LoopTest, TheSinkHearsAPeerLeaveWhileNobodyWaits) {
  for (const bool is_reset : {false, true}) {
    int peer = -1;
    const auto socket = open_pair(peer);
    SeenClose sink;
    socket->set_close_sink(&sink);
    socket->watch_peer();
    loop_->run_turn(Duration{});
    if (is_reset) {
      const linger now{.l_onoff = 1, .l_linger = 0};
      ::setsockopt(peer, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    }
    ::close(peer);
    peers_.pop_back();
    ASSERT_TRUE(turn_until([&] { return sink.seen.has_value(); }));
    EXPECT_EQ(is_reset ? ErrorCode::kReset : ErrorCode::kEof, *sink.seen);
  }
}

TEST_P(LoopTest, ABodyReceiveNeverTakesMoreThanAsked) {
  int peer = -1;
  const auto socket = open_pair(peer);
  std::optional<Result<>> head;
  Task<void> first = wait_once(*socket, in(seconds(2)), head);
  first.start();
  say(peer, "HEAD");
  ASSERT_TRUE(turn_until([&] { return head.has_value(); }));
  socket->consume(4);
  std::optional<Result<IoBuffer>> body;
  Task<void> second = body_once(*socket, 5, in(seconds(2)), body);
  second.start();
  say(peer, "12345NEXT");
  ASSERT_TRUE(turn_until([&] { return body.has_value(); }));
  std::string seen(body->value().text());
  EXPECT_LE(seen.size(), 5U);
  while (seen.size() < 5) {
    body.reset();
    Task<void> more = body_once(*socket, 5 - seen.size(), in(seconds(2)), body);
    more.start();
    ASSERT_TRUE(turn_until([&] { return body.has_value(); }));
    seen += body->value().text();
  }
  EXPECT_EQ("12345", seen);
  std::string rest(socket->inbox());
  while (rest.size() < 4) {
    std::optional<Result<>> more;
    Task<void> task = wait_once(*socket, in(seconds(2)), more);
    task.start();
    ASSERT_TRUE(turn_until([&] { return more.has_value(); }));
    rest = socket->inbox();
  }
  EXPECT_EQ("NEXT", rest);
}

TEST_P(LoopTest, ReceivingPausesWhenTheInboxIsFull) {
  int peer = -1;
  const auto socket = open_pair(peer);
  socket->watch_peer();
  std::string flood(4 * Transport::kInboxBytesMax, 'x');
  size_t sent = 0;
  for (int i = 0; i < 200; ++i) {
    const ssize_t n = ::send(peer, flood.data(), flood.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    sent += n > 0 ? static_cast<size_t>(n) : 0;
    loop_->run_turn(milliseconds(1));
  }
  const size_t held = socket->inbox().size();
  // What was in the kernel's hands when the limit was met may still arrive.
  EXPECT_LE(held, Transport::kInboxBytesMax + 256 * 4096);
  EXPECT_GT(sent, held);
  size_t got = 0;
  const Instant end = in(seconds(5));
  while (got < sent && clock_.now() < end) {
    got += socket->inbox().size();
    socket->consume(socket->inbox().size());
    loop_->run_turn(milliseconds(1));
  }
  EXPECT_EQ(sent, got);
}

TEST_P(LoopTest, ALargeSendArrivesWholeThoughThePeerIsSlow) {
  int peer = -1;
  const auto socket = open_pair(peer);
  std::string big(8 * 1024 * 1024, 'a');
  for (size_t i = 0; i < big.size(); ++i) {
    big[i] = static_cast<char>('a' + i % 23);
  }
  std::optional<Result<>> sent;
  Task<void> task = send_once(*socket, chain_of(big), seconds(5), sent);
  std::string seen;
  std::thread reader([&] {
    std::vector<char> part(100000);
    while (seen.size() < big.size()) {
      const ssize_t n = ::recv(peer, part.data(), part.size(), 0);
      ASSERT_GT(n, 0);
      seen.append(part.data(), static_cast<size_t>(n));
    }
  });
  task.start();
  EXPECT_TRUE(turn_until([&] { return sent.has_value(); }));
  reader.join();
  ASSERT_TRUE(sent.has_value());
  EXPECT_TRUE(sent->has_value());
  EXPECT_EQ(big, seen);
}

TEST_P(LoopTest, ASendToAPeerThatDoesNotReadTimesOut) {
  int peer = -1;
  const auto socket = open_pair(peer);
  std::optional<Result<>> sent;
  Task<void> task =
      send_once(*socket, chain_of(std::string(32 * 1024 * 1024, 'x')), milliseconds(100), sent);
  task.start();
  ASSERT_TRUE(turn_until([&] { return sent.has_value(); }));
  EXPECT_EQ(ErrorCode::kTimedOut, sent->error().code);
}

TEST_P(LoopTest, ConnectTellsSuccessFromRefusal) {
  const int listener = *open_listen_socket(*SocketAddress::parse("127.0.0.1:0"), false);
  const SocketAddress address = local_address(listener);
  for (const bool is_open : {true, false}) {
    if (!is_open) {
      ::close(listener);
    }
    auto socket = loop_->begin_connect(address);
    if (!socket.has_value()) {
      EXPECT_FALSE(is_open);
      continue;
    }
    std::optional<Result<>> result;
    Task<void> task = send_once(**socket, BufferChain(loop_->buffers()), seconds(2), result);
    task.start();
    ASSERT_TRUE(turn_until([&] { return result.has_value(); }));
    EXPECT_EQ(is_open, result->has_value());
    if (!is_open) {
      EXPECT_EQ(ErrorCode::kRefused, result->error().code);
    }
  }
}

class SeenAccepts final : public AcceptSink {
 public:
  void on_accept(int fd, const SocketAddress& peer) noexcept override {
    EXPECT_TRUE(peer.ip().is_loopback());
    ::close(fd);
    ++count;
  }
  int count = 0;
};

TEST_P(LoopTest, AListenerAcceptsUntilItIsPaused) {
  const int fd = *open_listen_socket(*SocketAddress::parse("127.0.0.1:0"), false);
  const SocketAddress address = local_address(fd);
  const auto listener = loop_->adopt_listener(fd);
  SeenAccepts sink;
  listener->start(sink);
  const auto connect = [&] {
    peers_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(0, ::connect(peers_.back(), address.data(), address.size()));
  };
  for (int i = 0; i < 10; ++i) {
    connect();
  }
  EXPECT_TRUE(turn_until([&] { return sink.count == 10; }));
  listener->pause();
}

TEST_P(LoopTest, LettersOfManyThreadsAllArriveInTheirOrder) {
  constexpr int kThreads = 4;
  constexpr int kLetters = 2000;
  std::array<int, kThreads> last{};
  int count = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 1; i <= kLetters; ++i) {
        loop_->mailbox().send([&last, &count, t, i] {
          EXPECT_EQ(last[static_cast<size_t>(t)] + 1, i);
          last[static_cast<size_t>(t)] = i;
          ++count;
        });
      }
    });
  }
  EXPECT_TRUE(turn_until([&] { return count == kThreads * kLetters; }));
  for (std::thread& thread : threads) {
    thread.join();
  }
}

// The sender is still in send() when the loop has read its letter and is destroyed.
TEST_P(LoopTest, ALoopMayEndAsSoonAsItsLetterIsRead) {
  for (int i = 0; i < 1'000; ++i) {
    auto brief = *EventLoop::create({.backend = GetParam()}, clock_);
    std::atomic<bool> may_send = false;
    std::thread sender([&may_send, &mailbox = brief->mailbox()] {
      while (!may_send) {
      }
      mailbox.send([] {});
    });
    may_send = true;
    while (!brief->mailbox().has_mail()) {
    }
    brief.reset();
    sender.join();
  }
}

Task<void> sleep_once(EventLoop& loop, Instant until, bool& is_over) {
  co_await loop.sleep_until(until);
  is_over = true;
}

TEST_P(LoopTest, SleepEndsNotBeforeItsTime) {
  bool is_over = false;
  const Instant until = in(milliseconds(30));
  Task<void> task = sleep_once(*loop_, until, is_over);
  task.start();
  ASSERT_TRUE(turn_until([&] { return is_over; }));
  EXPECT_GE(clock_.now(), until);
}

}  // namespace
}  // namespace zerq::io
