// SPDX-License-Identifier: Apache-2.0
#include "io/dns_resolver.h"

#include <ares.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <thread>

namespace zerq::io {
namespace {

constexpr Duration kTtlMin = std::chrono::seconds(1);
constexpr Duration kTtlMax = std::chrono::minutes(5);
constexpr Duration kNegativeTtl = std::chrono::seconds(1);
constexpr Duration kStaleMax = std::chrono::hours(1);
constexpr size_t kNamesMax = 4096;

}  // namespace

// Shared between the loops and the resolver's thread; everything but the thread's own channel is
// guarded by the mutex, which is never held across a call that waits.
struct DnsResolver::State {
  using Answer = Result<std::vector<IpAddress>>;
  using Told = std::move_only_function<void(Answer)>;

  struct Name {
    std::vector<IpAddress> addresses;
    Instant fresh_until{};
    Instant stale_until{};
    bool is_under_way = false;
    std::vector<Told> waiting;
  };

  SystemClock clock;
  std::mutex mutex;
  std::map<std::string, Name> names;
  std::vector<std::string> asked;  // To be looked up by the thread.
  bool is_ending = false;
  int wake_fd = -1;
  ares_channel channel = nullptr;
  std::thread thread;

  // Tells at once if the answer is known, else later on the resolver's thread.
  void ask(const std::string& host, Told told) {
    Answer known = fail(ErrorCode::kResolve);
    {
      const std::lock_guard lock(mutex);
      if (names.size() >= kNamesMax && !names.contains(host)) {
        std::erase_if(names, [](const auto& entry) { return !entry.second.is_under_way; });
      }
      Name& name = names[host];
      const bool is_fresh = clock.now() < name.fresh_until;
      if (!is_fresh && !name.is_under_way) {
        name.is_under_way = true;
        asked.push_back(host);
        wake();
      }
      const bool has_stale = !name.addresses.empty() && clock.now() < name.stale_until;
      if (!is_fresh && !has_stale) {
        name.waiting.push_back(std::move(told));
        return;
      }
      if (!name.addresses.empty()) {
        known = name.addresses;
      }
    }
    told(std::move(known));
  }

  void wake() const {
    const uint64_t one = 1;
    const ssize_t written = ::write(wake_fd, &one, sizeof(one));
    static_cast<void>(written);
  }

  void answer(const std::string& host, std::vector<IpAddress> addresses, Duration ttl) {
    std::vector<Told> waiting;
    Answer result = fail(ErrorCode::kResolve, "no_such_host");
    {
      const std::lock_guard lock(mutex);
      Name& name = names[host];
      name.is_under_way = false;
      waiting.swap(name.waiting);
      const Instant now = clock.now();
      if (!addresses.empty()) {
        name.addresses = std::move(addresses);
        name.fresh_until = now + std::clamp(ttl, kTtlMin, kTtlMax);
        name.stale_until = name.fresh_until + kStaleMax;
      } else {
        name.fresh_until = now + kNegativeTtl;
        if (now >= name.stale_until) {
          name.addresses.clear();
        }
      }
      if (!name.addresses.empty()) {
        result = name.addresses;
      }
    }
    for (Told& told : waiting) {
      told(result);
    }
  }

  void run();
  void start_asked();
};

namespace {

struct Query {
  std::function<void(std::vector<IpAddress>, Duration)> done;
};

void on_answer(void* argument, int status, int, ares_addrinfo* answer) {
  const std::unique_ptr<Query> query(static_cast<Query*>(argument));
  std::vector<IpAddress> addresses;
  Duration ttl = kTtlMax;
  if (status == ARES_SUCCESS) {
    for (const ares_addrinfo_node* node = answer->nodes; node != nullptr; node = node->ai_next) {
      sockaddr_storage storage{};
      std::copy_n(reinterpret_cast<const char*>(node->ai_addr), node->ai_addrlen,
                  reinterpret_cast<char*>(&storage));
      addresses.push_back(SocketAddress::from_sockaddr(storage).ip());
      ttl = std::min<Duration>(ttl, std::chrono::seconds(node->ai_ttl));
    }
    ares_freeaddrinfo(answer);
  }
  query->done(std::move(addresses), ttl);
}

}  // namespace

void DnsResolver::State::start_asked() {
  std::vector<std::string> hosts;
  {
    const std::lock_guard lock(mutex);
    hosts.swap(asked);
  }
  for (const std::string& host : hosts) {
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    auto query = std::make_unique<Query>();
    query->done = [this, host](std::vector<IpAddress> addresses, Duration ttl) {
      answer(host, std::move(addresses), ttl);
    };
    ares_getaddrinfo(channel, host.c_str(), nullptr, &hints, &on_answer, query.release());
  }
}

void DnsResolver::State::run() {
  ::pthread_setname_np(::pthread_self(), "resolver");
  while (true) {
    {
      const std::lock_guard lock(mutex);
      if (is_ending) {
        return;
      }
    }
    start_asked();
    std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
    const unsigned wanted =
        static_cast<unsigned>(ares_getsock(channel, sockets.data(), ARES_GETSOCK_MAXNUM));
    std::vector<pollfd> polled{{.fd = wake_fd, .events = POLLIN, .revents = 0}};
    for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
      short events = 0;
      events |= ARES_GETSOCK_READABLE(wanted, i) ? POLLIN : 0;
      events |= ARES_GETSOCK_WRITABLE(wanted, i) ? POLLOUT : 0;
      if (events != 0) {
        polled.push_back({.fd = sockets[i], .events = events, .revents = 0});
      }
    }
    timeval longest{.tv_sec = 60, .tv_usec = 0};
    timeval next{};
    const timeval* wait = ares_timeout(channel, &longest, &next);
    ::poll(polled.data(), polled.size(),
           static_cast<int>(wait->tv_sec * 1000 + (wait->tv_usec + 999) / 1000));
    if (polled[0].revents != 0) {
      uint64_t count = 0;
      const ssize_t got = ::read(wake_fd, &count, sizeof(count));
      static_cast<void>(got);
    }
    for (size_t i = 1; i < polled.size(); ++i) {
      const bool is_readable = (polled[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0;
      const bool is_writable = (polled[i].revents & POLLOUT) != 0;
      ares_process_fd(channel, is_readable ? polled[i].fd : ARES_SOCKET_BAD,
                      is_writable ? polled[i].fd : ARES_SOCKET_BAD);
    }
    ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // Time-outs.
  }
}

DnsResolver::DnsResolver(AddressPolicy policy)
    : policy_(std::move(policy)), state_(std::make_unique<State>()) {
  state_->wake_fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  CHECK(state_->wake_fd >= 0);
  ares_options options{};
  options.timeout = 1000;
  options.tries = 2;
  CHECK(ares_init_options(&state_->channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) ==
        ARES_SUCCESS);
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

DnsResolver::~DnsResolver() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_ending = true;
  }
  state_->wake();
  state_->thread.join();
  ares_destroy(state_->channel);
  ::close(state_->wake_fd);
}

namespace {

using Answer = Result<std::vector<IpAddress>>;

// Where an answer meets its waiter, looked at on the loop's thread only. The letter owns it; the
// waiter, whose frame holds `answer`, signs off when it leaves first.
struct Meeting {
  Signal* signal = nullptr;
  std::optional<Answer>* answer = nullptr;
};

class Seat {
 public:
  Seat(Meeting& meeting, const std::optional<Answer>& answer)
      : meeting_(meeting), answer_(answer) {}
  ~Seat() {
    if (!answer_.has_value()) {
      meeting_.signal = nullptr;
    }
  }
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;

 private:
  Meeting& meeting_;
  const std::optional<Answer>& answer_;
};

}  // namespace

Task<Result<std::vector<SocketAddress>>> DnsResolver::resolve(EventLoop& loop, Signal& signal,
                                                              std::string host, uint16_t port,
                                                              Instant deadline) {
  if (const std::optional<IpAddress> ip = IpAddress::parse(host)) {
    co_return std::vector<SocketAddress>{SocketAddress(*ip, port)};
  }
  std::optional<Answer> answer;
  auto owned = std::make_unique<Meeting>(Meeting{.signal = &signal, .answer = &answer});
  const Seat seat(*owned, answer);
  state_->ask(host, [&loop, owned = std::move(owned)](Answer told) mutable {
    loop.mailbox().send([owned = std::move(owned), told = std::move(told)]() mutable {
      if (owned->signal != nullptr) {
        *owned->answer = std::move(told);
        owned->signal->notify();
      }
    });
  });
  while (!answer.has_value()) {
    CO_TRY(co_await signal.wait(deadline));
  }
  if (!answer->has_value()) {
    co_return fail(answer->error());
  }
  std::vector<SocketAddress> addresses;
  for (const IpAddress& ip : **answer) {
    addresses.emplace_back(ip, port);
  }
  co_return addresses;
}

bool DnsResolver::is_allowed(const IpAddress& address) const {
  if (policy_.allow.contains(address)) {
    return true;
  }
  if (policy_.deny.contains(address)) {
    return false;
  }
  static const std::optional<CidrBlock> kMetadataV6 = CidrBlock::parse("fd00:ec2::254/128");
  return !address.is_unspecified() && !address.is_multicast() && !address.is_link_local() &&
         !(kMetadataV6.has_value() && kMetadataV6->contains(address));
}

}  // namespace zerq::io
