// SPDX-License-Identifier: Apache-2.0
// What the I/O runtime alone costs: CPU of the loop's thread per request, for an echo and for a
// proxy that copies bytes with two coroutines a connection, on both backends. The load and the
// origin run on threads of their own and are not counted.
#include <benchmark/benchmark.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <ctime>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "io/event_loop.h"
#include "io/listen_socket.h"
#include "io/tcp_socket.h"

namespace zerq::io {
namespace {

constexpr int kConnections = 64;
constexpr int64_t kRequests = 200'000;
constexpr size_t kMessageBytes = 160;
constexpr Duration kLimit = std::chrono::seconds(30);

int64_t thread_cpu_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

// One coroutine a direction: what arrives on one side is sent on the other.
Task<void> pump(TcpSocket& from, TcpSocket& to, EventLoop& loop) {
  for (;;) {
    const Result<> got = co_await from.wait_inbox(loop.now() + kLimit);
    if (!got.has_value()) {
      co_return;
    }
    BufferChain chain(loop.buffers());
    chain.append(from.inbox());
    from.consume(from.inbox().size());
    const Result<> sent = co_await to.send(std::move(chain), kLimit);
    if (!sent.has_value()) {
      co_return;
    }
  }
}

struct Session {
  std::unique_ptr<TcpSocket> client;
  std::unique_ptr<TcpSocket> upstream;
  Task<void> up;
  Task<void> down;
};

// Serves `kConnections` connections: an echo without `origin`, else a proxy to it.
class Server final : public AcceptSink {
 public:
  Server(EventLoop& loop, const SocketAddress* origin) : loop_(loop), origin_(origin) {
    sessions_.reserve(kConnections);
  }
  void on_accept(int fd, const SocketAddress&) noexcept override {
    Session& session = sessions_.emplace_back();
    session.client = loop_.adopt_socket(fd);
    if (origin_ == nullptr) {
      session.up = pump(*session.client, *session.client, loop_);
    } else {
      session.upstream = *loop_.begin_connect(*origin_);
      session.up = connect_and_pump(session);
    }
    session.up.start();
  }

 private:
  Task<void> connect_and_pump(Session& session) {
    const Result<> connected = co_await session.upstream->connected(loop_.buffers(), kLimit);
    if (connected.has_value()) {
      session.down = pump(*session.upstream, *session.client, loop_);
      session.down.start();
      co_await pump(*session.client, *session.upstream, loop_);
    }
  }

  EventLoop& loop_;
  const SocketAddress* origin_;
  std::vector<Session> sessions_;
};

// Answers each message by one of the same length until the peer leaves.
void run_origin(int listener) {
  const int poll = ::epoll_create1(0);
  std::array<epoll_event, 64> events{};
  std::array<char, 4096> bytes{};
  int open = 0;
  for (; open < kConnections; ++open) {
    const int fd = ::accept4(listener, nullptr, nullptr, 0);
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    ::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
  }
  while (open > 0) {
    const int count = ::epoll_wait(poll, events.data(), 64, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<size_t>(i)].data.fd;
      const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), 0);
      if (got <= 0) {
        ::close(fd);
        --open;
      } else {
        static_cast<void>(::send(fd, bytes.data(), static_cast<size_t>(got), MSG_NOSIGNAL));
      }
    }
  }
  ::close(poll);
}

// Closed loop: each connection sends its next message when the answer to the last one is whole.
void run_load(const std::vector<int>& peers, int64_t requests) {
  const int poll = ::epoll_create1(0);
  std::array<epoll_event, 64> events{};
  std::array<char, 4096> bytes{};
  const std::string message(kMessageBytes, 'm');
  for (const int fd : peers) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    ::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
    static_cast<void>(::send(fd, message.data(), message.size(), MSG_NOSIGNAL));
  }
  int64_t answered = 0;
  while (answered < requests) {
    const int count = ::epoll_wait(poll, events.data(), 64, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<size_t>(i)].data.fd;
      if (::recv(fd, bytes.data(), bytes.size(), 0) > 0 && ++answered <= requests - kConnections) {
        static_cast<void>(::send(fd, message.data(), message.size(), MSG_NOSIGNAL));
      }
    }
  }
  ::close(poll);
}

void measure(benchmark::State& state, Backend backend, bool is_proxy) {
  const SystemClock clock;
  const SocketAddress any = *SocketAddress::parse("127.0.0.1:0");
  const int front = *open_listen_socket(any, false);
  const int back = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::bind(back, any.data(), any.size());
  ::listen(back, kConnections);
  const SocketAddress front_address = local_address(front);
  const SocketAddress origin = local_address(back);
  std::atomic<EventLoop*> running = nullptr;
  std::atomic<int64_t> cpu_ns = 0;
  std::thread origin_thread;
  if (is_proxy) {
    origin_thread = std::thread(run_origin, back);
  }
  std::thread loop_thread([&] {
    ::pthread_setname_np(::pthread_self(), "loop");  // Profiles tell it from the load.
    auto loop = *EventLoop::create({.backend = backend}, clock);
    {
      Server server(*loop, is_proxy ? &origin : nullptr);
      const auto listener = loop->adopt_listener(front);
      listener->start(server);
      running = loop.get();
      loop->run();
      cpu_ns = thread_cpu_ns();
    }
  });
  while (running.load() == nullptr) {
    std::this_thread::yield();
  }
  std::vector<int> peers;
  for (int i = 0; i < kConnections; ++i) {
    peers.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ::connect(peers.back(), front_address.data(), front_address.size());
  }
  int64_t requests = 0;
  for ([[maybe_unused]] const auto step : state) {
    run_load(peers, kRequests);
    requests += kRequests;
  }
  running.load()->stop();
  loop_thread.join();
  for (const int fd : peers) {
    ::close(fd);
  }
  if (origin_thread.joinable()) {
    origin_thread.join();
  }
  ::close(back);
  state.counters["loop_cpu_us_per_request"] =
      static_cast<double>(cpu_ns.load()) / 1000.0 / static_cast<double>(requests);
}

BENCHMARK_CAPTURE(measure, echo_uring, Backend::kUring, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(measure, echo_epoll, Backend::kEpoll, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(measure, proxy_uring, Backend::kUring, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(measure, proxy_epoll, Backend::kEpoll, true)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace zerq::io

BENCHMARK_MAIN();
