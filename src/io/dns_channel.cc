// SPDX-License-Identifier: Apache-2.0
#include "io/dns_channel.h"

#include <ares.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <utility>

#include "base/check.h"
#include "io/socket_address.h"

namespace zerq::io {
namespace {

constexpr timeval kWaitMax{.tv_sec = 60, .tv_usec = 0};

// What changes when a file does; empty: there is none.
std::string file_stamp(const std::string& path) {
  struct stat file{};
  if (::stat(path.c_str(), &file) != 0) {
    return {};
  }
  return fmt::format("{}-{}-{}.{}", file.st_ino, file.st_size, file.st_mtim.tv_sec,
                     file.st_mtim.tv_nsec);
}

}  // namespace

struct DnsChannel::Query {
  DnsChannel& channel;
  Done done;
};

DnsChannel::DnsChannel(const ResolverConfig& config) : config_(config) {
  wake_fd_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  CHECK(wake_fd_ >= 0);
  open();
}

DnsChannel::~DnsChannel() {
  ares_destroy(channel_);
  ::close(wake_fd_);
}

void DnsChannel::open() {
  stamp_ = file_stamp(config_.resolv_conf);
  std::string path = config_.resolv_conf;
  std::string lookups = "fb";  // /etc/hosts first, then the servers.
  ares_options options{};
  options.timeout = static_cast<int>(config_.query_timeout / std::chrono::milliseconds(1));
  options.tries = config_.tries;
  options.udp_port = config_.port;
  options.tcp_port = config_.port;
  options.lookups = lookups.data();
  options.resolvconf_path = path.data();
  const int status =
      ares_init_options(&channel_, &options,
                        ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_UDP_PORT |
                            ARES_OPT_TCP_PORT | ARES_OPT_LOOKUPS | ARES_OPT_RESOLVCONF);
  CHECK(status == ARES_SUCCESS);
}

// Laptops move, and containers get their resolv.conf late.
void DnsChannel::reopen_if_changed() {
  if (queries_ == 0 && file_stamp(config_.resolv_conf) != stamp_) {
    ares_destroy(channel_);
    open();
  }
}

void DnsChannel::look_up(const std::string& host, Done done) {
  reopen_if_changed();
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  auto query = std::make_unique<Query>(Query{*this, std::move(done)});
  ++queries_;
  ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, &on_answer, query.release());
}

void DnsChannel::on_answer(void* argument, int status, int, ares_addrinfo* answer) {
  const std::unique_ptr<Query> query(static_cast<Query*>(argument));
  --query->channel.queries_;
  std::vector<IpAddress> addresses;
  Duration ttl = Duration::max();
  if (answer != nullptr) {
    for (const ares_addrinfo_node* node = answer->nodes; node != nullptr; node = node->ai_next) {
      sockaddr_storage storage{};
      std::memcpy(&storage, node->ai_addr, std::min<size_t>(node->ai_addrlen, sizeof(storage)));
      addresses.push_back(SocketAddress::from_sockaddr(storage).ip());
      ttl = std::min<Duration>(ttl, std::chrono::seconds(node->ai_ttl));
    }
    ares_freeaddrinfo(answer);
  }
  switch (status) {
    case ARES_EDESTRUCTION:
    case ARES_ECANCELLED: return;
    case ARES_SUCCESS:
      query->done(addresses.empty() ? LookUpEnd::kNoSuchName : LookUpEnd::kAddresses,
                  std::move(addresses), ttl);
      return;
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME: query->done(LookUpEnd::kNoSuchName, {}, {}); return;
    default: query->done(LookUpEnd::kFailure, {}, {}); return;
  }
}

void DnsChannel::wait() {
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
  const auto wanted =
      static_cast<unsigned>(ares_getsock(channel_, sockets.data(), ARES_GETSOCK_MAXNUM));
  std::array<pollfd, ARES_GETSOCK_MAXNUM + 1> polled{};
  polled[0] = {.fd = wake_fd_, .events = POLLIN, .revents = 0};
  size_t count = 1;
  for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
    int events = 0;
    events |= ARES_GETSOCK_READABLE(wanted, i) ? POLLIN : 0;
    events |= ARES_GETSOCK_WRITABLE(wanted, i) ? POLLOUT : 0;
    if (events != 0) {
      polled[count++] = {.fd = sockets[i], .events = static_cast<short>(events), .revents = 0};
    }
  }
  timeval longest = kWaitMax;
  timeval next{};
  const timeval* wait = ares_timeout(channel_, &longest, &next);
  ::poll(polled.data(), count,
         static_cast<int>(wait->tv_sec * 1000 + (wait->tv_usec + 999) / 1000));
  if (polled[0].revents != 0) {
    uint64_t wakes = 0;
    const ssize_t got = ::read(wake_fd_, &wakes, sizeof(wakes));
    static_cast<void>(got);
  }
  for (size_t i = 1; i < count; ++i) {
    const bool is_readable = (polled[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0;
    const bool is_writable = (polled[i].revents & POLLOUT) != 0;
    ares_process_fd(channel_, is_readable ? polled[i].fd : ARES_SOCKET_BAD,
                    is_writable ? polled[i].fd : ARES_SOCKET_BAD);
  }
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // Time-outs.
}

void DnsChannel::wake() noexcept {
  const uint64_t one = 1;
  const ssize_t written = ::write(wake_fd_, &one, sizeof(one));
  static_cast<void>(written);  // EAGAIN: the counter is full of wakes already.
}

}  // namespace zerq::io
