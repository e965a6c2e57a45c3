// SPDX-License-Identifier: Apache-2.0
// The raw floor of P1: one thread, one io_uring, callbacks by state, bytes copied from the client
// to an upstream connection of its own and back; nothing is parsed. What a proxy costs before it
// knows HTTP. usage: uring_floor LISTEN_PORT UPSTREAM_PORT
#include <arpa/inet.h>
#include <liburing.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#ifndef IORING_SETUP_SINGLE_ISSUER
#define IORING_SETUP_SINGLE_ISSUER (1U << 12)
#endif
#ifndef IORING_SETUP_DEFER_TASKRUN
#define IORING_SETUP_DEFER_TASKRUN (1U << 13)
#endif

namespace {

constexpr unsigned kQueue = 4096;
constexpr size_t kBufferBytes = 4096;

enum class Step : uint8_t { kAccept, kReceive, kSend };

// One direction of a pair: receives from `from`, sends to `to`.
struct Direction {
  Direction(Step s, int f, int t) : step(s), from(f), to(t) {}
  Step step = Step::kReceive;
  int from = -1;
  int to = -1;
  int sent = 0;
  int held = 0;
  char buffer[kBufferBytes];
};

io_uring ring;
Direction acceptor(Step::kAccept, -1, -1);

void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

io_uring_sqe* next_sqe() {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring);
  if (sqe == nullptr) {
    io_uring_submit(&ring);
    sqe = io_uring_get_sqe(&ring);
  }
  return sqe;
}

void receive(Direction* d) {
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_recv(sqe, d->from, d->buffer, kBufferBytes, 0);
  io_uring_sqe_set_data(sqe, d);
  d->step = Step::kReceive;
}

void send(Direction* d) {
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_send(sqe, d->to, d->buffer + d->sent, static_cast<size_t>(d->held - d->sent),
                     MSG_NOSIGNAL);
  io_uring_sqe_set_data(sqe, d);
  d->step = Step::kSend;
}

void accept_next() {
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_accept(sqe, acceptor.from, nullptr, nullptr, SOCK_CLOEXEC);
  io_uring_sqe_set_data(sqe, &acceptor);
}

void open_pair(int client, const sockaddr_in& upstream) {
  const int one = 1;
  const int other = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(other, reinterpret_cast<const sockaddr*>(&upstream), sizeof(upstream)) != 0) {
    fail("connect");
  }
  ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  ::setsockopt(other, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  receive(new Direction(Step::kReceive, client, other));
  receive(new Direction(Step::kReceive, other, client));
}

void on_completion(Direction* d, int result) {
  if (result <= 0) {
    // The other direction learns of it from its own receive and frees itself.
    ::shutdown(d->to, SHUT_RDWR);
    ::shutdown(d->from, SHUT_RDWR);
    delete d;
    return;
  }
  if (d->step == Step::kReceive) {
    d->held = result;
    d->sent = 0;
    send(d);
    return;
  }
  d->sent += result;
  d->sent < d->held ? send(d) : receive(d);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: uring_floor LISTEN_PORT UPSTREAM_PORT\n");
    return 2;
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_in upstream = address;
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(argv[1])));
  upstream.sin_port = htons(static_cast<uint16_t>(std::atoi(argv[2])));
  const int one = 1;
  acceptor.from = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::setsockopt(acceptor.from, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  if (::bind(acceptor.from, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(acceptor.from, 4096) != 0) {
    fail("listen");
  }
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL |
                 IORING_SETUP_CQSIZE;
  params.cq_entries = 2 * kQueue;
  if (io_uring_queue_init_params(kQueue, &ring, &params) != 0) {
    fail("io_uring");
  }
  accept_next();
  while (true) {
    io_uring_submit_and_wait(&ring, 1);
    io_uring_cqe* cqe = nullptr;
    unsigned head = 0;
    unsigned seen = 0;
    io_uring_for_each_cqe(&ring, head, cqe) {
      ++seen;
      auto* d = static_cast<Direction*>(io_uring_cqe_get_data(cqe));
      if (d != &acceptor) {
        on_completion(d, cqe->res);
      } else if (cqe->res >= 0) {
        open_pair(cqe->res, upstream);
        accept_next();
      }
    }
    io_uring_cq_advance(&ring, seen);
  }
}
