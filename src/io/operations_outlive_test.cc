// SPDX-License-Identifier: Apache-2.0
// Destroy anywhere (ADR 0003): a coroutine and its socket die in every turn of an exchange, while
// the kernel may still work on their memory. A witness poisons what the kernel is given and looks
// whether anybody but the kernel touched it before the operation's last completion; between those
// the pool's free blocks are handed out and overwritten, as the requests of others would.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "io/socket_pair_for_test.h"
#include "io/tcp_socket.h"
#include "io/uring/uring_loop.h"

namespace zerq::io {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kPoison = '\x5A';
constexpr size_t kBodyBytes = 20'000;  // More than a stream's share: a receive of its own.
constexpr size_t kAnswerBytes = 6'000'000;  // More than the kernel takes at once.

class PoisonWitness final : public OperationWitness {
 public:
  void on_submit(uint32_t index, Operation& operation) override {
    if (operation.kind == OperationKind::kBody) {
      const MutableBytes room = operation.buffer.room();
      std::ranges::fill(room, static_cast<std::byte>(kPoison));
      bodies_[index] = room;
    } else if (operation.kind == OperationKind::kSend) {
      sends_[index] = bytes_of(operation.send->chain);
    }
  }

  void on_terminal(uint32_t index, Operation& operation, int result) override {
    if (operation.kind == OperationKind::kBody) {
      const MutableBytes room = bodies_.at(index);
      const auto received = static_cast<size_t>(std::max(result, 0));
      EXPECT_EQ(operation.buffer.room().data(), room.data()) << "its memory went to another";
      EXPECT_TRUE(std::ranges::all_of(room.subspan(received), [](std::byte b) {
        return b == static_cast<std::byte>(kPoison);
      })) << "somebody else wrote to what the kernel had";
      bodies_.erase(index);
    } else if (operation.kind == OperationKind::kSend) {
      EXPECT_TRUE(sends_.at(index) == bytes_of(operation.send->chain))
          << "bytes changed while the kernel sent them";
      sends_.erase(index);
    }
  }

  bool has_body() const { return !bodies_.empty(); }
  bool has_send() const { return !sends_.empty(); }
  bool has_all_back() const { return !has_body() && !has_send(); }

 private:
  static std::string bytes_of(const BufferChain& chain) {
    std::string bytes;
    for (size_t i = 0; i < chain.buffer_count(); ++i) {
      bytes += chain.buffer(i).text();
    }
    return bytes;
  }

  std::map<uint32_t, MutableBytes> bodies_;
  std::map<uint32_t, std::string> sends_;
};

class OperationsOutlive : public testing::Test {
 protected:
  void SetUp() override {
    auto loop = EventLoop::create({.backend = Backend::kUring}, clock_);
    ASSERT_TRUE(loop.has_value());
    loop_ = *std::move(loop);
    ring().slab().set_witness_for_test(&witness_);
  }

  UringLoop& ring() { return static_cast<UringLoop&>(*loop_); }

  // Every free block that others could be given, overwritten.
  void use_free_memory() {
    std::vector<IoBuffer> others;
    for (size_t bytes = BufferPool::kLeastBytes; bytes <= BufferPool::kLargeBytesMax; bytes *= 2) {
      for (int i = 0; i < 4; ++i) {
        IoBuffer& other = others.emplace_back(loop_->buffers().take(bytes));
        std::ranges::fill(other.room(), std::byte{0xEE});
      }
    }
  }

  SystemClock clock_;
  PoisonWitness witness_;
  std::unique_ptr<EventLoop> loop_;
};

// Head, body, answer: every kind of wait that a request is in.
Task<void> serve(TcpSocket& socket, EventLoop& loop, bool& has_ended) {
  const auto limit = [&loop] { return loop.now() + seconds(5); };
  const Result<> head = co_await socket.wait_inbox(limit());
  if (head.has_value()) {
    socket.consume(socket.inbox().size());
    for (size_t got = 0; got < kBodyBytes;) {
      Result<IoBuffer> piece = co_await socket.receive_body(kBodyBytes - got, limit());
      if (!piece.has_value()) {
        break;
      }
      got += piece->size();
    }
    BufferChain answer(loop.buffers());
    answer.append(std::string(kAnswerBytes, 'a'));
    const Result<> sent = co_await socket.send(std::move(answer), seconds(5));
    static_cast<void>(sent);
  }
  has_ended = true;
}

// What the peer does before turn `turn`: head, the body in two parts, then it reads.
void act_as_peer(int peer, int turn) {
  const std::string half(kBodyBytes / 2, 'b');
  switch (turn) {
    case 1: ::send(peer, "head", 4, MSG_NOSIGNAL | MSG_DONTWAIT); break;
    case 4:
    case 7: ::send(peer, half.data(), half.size(), MSG_NOSIGNAL | MSG_DONTWAIT); break;
    default:
      std::vector<char> sink(256 * 1024);
      while (turn > 12 && ::recv(peer, sink.data(), sink.size(), MSG_DONTWAIT) > 0) {
      }
  }
}

TEST_F(OperationsOutlive, DestroyedInEveryTurn) {
  bool was_ever_whole = false;
  bool was_body_under_way = false;
  bool was_send_under_way = false;
  for (int last_turn = 0; last_turn < 40; ++last_turn) {
    int peer = -1;
    std::unique_ptr<TcpSocket> socket = open_socket_pair(*loop_, peer);
    bool has_ended = false;
    Task<void> task = serve(*socket, *loop_, has_ended);
    task.start();
    for (int turn = 0; turn < last_turn; ++turn) {
      act_as_peer(peer, turn);
      loop_->run_turn(milliseconds(1));
    }
    was_ever_whole |= has_ended;
    was_body_under_way |= witness_.has_body();
    was_send_under_way |= witness_.has_send();
    task.reset();
    socket.reset();
    // The kernel may hold the memory still; nobody else may have it.
    use_free_memory();
    ::send(peer, "late", 4, MSG_NOSIGNAL | MSG_DONTWAIT);
    const Instant end = clock_.now() + seconds(2);
    while (loop_->operations_in_flight() > 0 && clock_.now() < end) {
      loop_->run_turn(milliseconds(1));
      use_free_memory();
    }
    EXPECT_EQ(0U, loop_->operations_in_flight()) << "destroyed after turn " << last_turn;
    EXPECT_TRUE(witness_.has_all_back()) << "destroyed after turn " << last_turn;
    ::close(peer);
  }
  EXPECT_TRUE(was_ever_whole) << "the exchange is longer than the test looks";
  EXPECT_TRUE(was_body_under_way && was_send_under_way) << "nothing was destroyed in use";
}

TEST_F(OperationsOutlive, TheLoopEndsWithOperationsUnderWay) {
  int peer = -1;
  std::unique_ptr<TcpSocket> socket = open_socket_pair(*loop_, peer);
  bool has_ended = false;
  Task<void> task = serve(*socket, *loop_, has_ended);
  task.start();
  for (int turn = 0; turn < 6; ++turn) {
    act_as_peer(peer, turn);
    loop_->run_turn(milliseconds(1));
  }
  task.reset();
  socket.reset();
  EXPECT_GT(loop_->operations_in_flight(), 0U);
  loop_.reset();
  EXPECT_TRUE(witness_.has_all_back());
  ::close(peer);
}

}  // namespace
}  // namespace zerq::io
