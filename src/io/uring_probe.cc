// SPDX-License-Identifier: Apache-2.0
#include "io/uring_probe.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <future>
#include <optional>
#include <thread>

#include "io/listen_socket.h"
#include "io/tcp_socket.h"
#include "io/uring/uring_loop.h"

namespace zerq::io {
namespace {

constexpr Duration kPatience = std::chrono::milliseconds(200);

Task<void> expect_text(Transport& transport, Instant deadline, std::string_view wanted,
                       bool& seen) {
  const Result<> more = co_await transport.wait_inbox(deadline);
  seen = more.has_value() && transport.inbox() == wanted;
  transport.consume(transport.inbox().size());
}

class CountAccepts final : public AcceptSink {
 public:
  void on_accept(int fd, const SocketAddress& peer) noexcept override {
    // Kernels of the 6.6 line once handed out descriptors that were none.
    is_good = peer.ip().is_loopback();
    ::close(fd);
  }
  std::optional<bool> is_good;
};

template <class F>
bool turn_until(EventLoop& loop, const Clock& clock, Instant deadline, F done) {
  while (!done()) {
    if (clock.now() > deadline) {
      return false;
    }
    loop.run_turn(std::chrono::milliseconds(5));
  }
  return true;
}

// What went wrong; empty: nothing.
std::string try_receiving(EventLoop& loop, const Clock& clock, Instant deadline) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
    return "no socketpair";
  }
  const std::unique_ptr<TcpSocket> socket = loop.adopt_socket(pair[0]);
  std::string problem;
  for (const std::string_view text : {"one", "two"}) {
    bool seen = false;
    Task<void> task = expect_text(*socket, deadline, text, seen);
    task.start();
    if (::send(pair[1], text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()) ||
        !turn_until(loop, clock, deadline, [&] { return task.is_done(); }) || !seen) {
      problem = "multishot receive brings no bytes";
      break;
    }
  }
  ::close(pair[1]);
  return problem;
}

std::string try_accepting(EventLoop& loop, const Clock& clock, Instant deadline) {
  const Result<int> fd = open_listen_socket(*SocketAddress::parse("127.0.0.1:0"), false);
  if (!fd.has_value()) {
    return "";  // No loopback here: nothing to learn about io_uring.
  }
  const SocketAddress address = local_address(*fd);
  const std::unique_ptr<ListenSocket> listener = loop.adopt_listener(*fd);
  CountAccepts sink;
  listener->start(sink);
  const int peer = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (::connect(peer, address.data(), address.size()) != 0 && errno != EINPROGRESS) {
    ::close(peer);
    return "";  // No loopback here: nothing to learn about io_uring.
  }
  const bool came = turn_until(loop, clock, deadline, [&] { return sink.is_good.has_value(); });
  ::close(peer);
  return came && *sink.is_good ? "" : "accept brings no connection";
}

std::string try_waking(EventLoop& loop, const Clock& clock, Instant deadline) {
  bool is_open = false;
  std::thread sender([&loop, &is_open] { loop.mailbox().send([&is_open] { is_open = true; }); });
  const bool came = turn_until(loop, clock, deadline, [&] { return is_open; });
  sender.join();
  return came ? "" : "the wake-up does not arrive";
}

std::string probe_here() {
  const SystemClock clock;
  const Instant deadline = clock.now() + kPatience;
  auto loop = EventLoop::create({.backend = Backend::kUring}, clock);
  if (!loop.has_value()) {
    std::string problem =
        fmt::format("{}: {}", loop.error().detail, std::strerror(loop.error().os_errno));
    if (std::FILE* file = std::fopen("/proc/sys/kernel/io_uring_disabled", "re")) {
      if (const int c = std::fgetc(file); c == '1' || c == '2') {
        problem += fmt::format("; kernel.io_uring_disabled={}", static_cast<char>(c));
      }
      std::fclose(file);
    }
    return problem;
  }
  for (const auto step : {&try_receiving, &try_accepting, &try_waking}) {
    if (std::string problem = step(**loop, clock, deadline); !problem.empty()) {
      return problem;
    }
  }
  return "";
}

}  // namespace

UringProbe probe_uring() {
  // A kernel that hangs an operation must not hang the start: the thread is then left behind.
  std::packaged_task<std::string()> task(&probe_here);
  std::future<std::string> answer = task.get_future();
  std::thread thread(std::move(task));
  if (answer.wait_for(2 * kPatience) != std::future_status::ready) {
    thread.detach();
    return {.reason = "io_uring does not answer in time"};
  }
  thread.join();
  std::string problem = answer.get();
  if (!problem.empty()) {
    return {.reason = std::move(problem)};
  }
  return {.is_usable = true, .reason = "io_uring works"};
}

}  // namespace zerq::io
