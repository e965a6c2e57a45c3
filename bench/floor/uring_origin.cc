// SPDX-License-Identifier: Apache-2.0
// The origin of the CPU scenarios: answers each request with the same 128 bytes, as cheaply as one
// io_uring thread can, so that load generator and origin together leave the proxy the bottleneck.
// It looks only for the end of heads. usage: uring_origin LISTEN_PORT
#include <arpa/inet.h>
#include <liburing.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#ifndef IORING_SETUP_SINGLE_ISSUER
#define IORING_SETUP_SINGLE_ISSUER (1U << 12)
#endif
#ifndef IORING_SETUP_DEFER_TASKRUN
#define IORING_SETUP_DEFER_TASKRUN (1U << 13)
#endif

namespace {

constexpr unsigned kQueue = 4096;
constexpr size_t kBufferBytes = 4096;

struct Peer {
  int fd = -1;
  bool is_sending = false;
  int matched = 0;  // Bytes of "\r\n\r\n" seen so far.
  std::string out;
  char buffer[kBufferBytes];
};

io_uring ring;
const std::string answer =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 128\r\n\r\n" +
    std::string(127, 'x') + "\n";

io_uring_sqe* next_sqe() {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring);
  if (sqe == nullptr) {
    io_uring_submit(&ring);
    sqe = io_uring_get_sqe(&ring);
  }
  return sqe;
}

void receive(Peer* peer) {
  peer->is_sending = false;
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_recv(sqe, peer->fd, peer->buffer, kBufferBytes, 0);
  io_uring_sqe_set_data(sqe, peer);
}

void send(Peer* peer) {
  peer->is_sending = true;
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_send(sqe, peer->fd, peer->out.data(), peer->out.size(), MSG_NOSIGNAL | MSG_WAITALL);
  io_uring_sqe_set_data(sqe, peer);
}

void on_completion(Peer* peer, int result) {
  if (result <= 0) {
    ::close(peer->fd);
    delete peer;
    return;
  }
  if (peer->is_sending) {
    receive(peer);
    return;
  }
  peer->out.clear();
  for (int i = 0; i < result; ++i) {
    const char wanted = peer->matched % 2 == 0 ? '\r' : '\n';
    peer->matched = peer->buffer[i] == wanted ? peer->matched + 1 : peer->buffer[i] == '\r';
    if (peer->matched == 4) {
      peer->matched = 0;
      peer->out += answer;
    }
  }
  peer->out.empty() ? receive(peer) : send(peer);
}

void accept_next(int listener) {
  io_uring_sqe* sqe = next_sqe();
  io_uring_prep_accept(sqe, listener, nullptr, nullptr, SOCK_CLOEXEC);
  io_uring_sqe_set_data(sqe, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: uring_origin LISTEN_PORT\n");
    return 2;
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(argv[1])));
  const int one = 1;
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(listener, 8192) != 0) {
    std::perror("listen");
    return 1;
  }
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL |
                 IORING_SETUP_CQSIZE;
  params.cq_entries = 2 * kQueue;
  if (io_uring_queue_init_params(kQueue, &ring, &params) != 0) {
    std::perror("io_uring");
    return 1;
  }
  accept_next(listener);
  while (true) {
    io_uring_submit_and_wait(&ring, 1);
    io_uring_cqe* cqe = nullptr;
    unsigned head = 0;
    unsigned seen = 0;
    io_uring_for_each_cqe(&ring, head, cqe) {
      ++seen;
      if (auto* peer = static_cast<Peer*>(io_uring_cqe_get_data(cqe))) {
        on_completion(peer, cqe->res);
      } else if (cqe->res >= 0) {
        ::setsockopt(cqe->res, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        auto* accepted = new Peer;
        accepted->fd = cqe->res;
        receive(accepted);
        accept_next(listener);
      }
    }
    io_uring_cq_advance(&ring, seen);
  }
}
