// SPDX-License-Identifier: Apache-2.0
#include "io/dns_resolver.h"

#include <netinet/in.h>
#include <pthread.h>

#include <array>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

#include "io/dns_channel.h"
#include "io/name_cache.h"

namespace zerq::io {
namespace {

constexpr size_t kHostBytesMax = 253;  // RFC 1035 §2.3.4, as text.

using Answer = NameCache::Answer;

// Where an answer meets its waiter; looked at on the loop's thread only.
struct Meeting {
  Signal* signal = nullptr;  // Null: nobody waits any more.
  std::optional<Answer>* answer = nullptr;
};

struct Waiter {
  uint64_t id = 0;
  EventLoop* loop = nullptr;
  std::unique_ptr<Meeting> meeting;
};

std::vector<SocketAddress> with_port(const NameCache::Addresses& addresses, uint16_t port) {
  std::vector<SocketAddress> result;
  result.reserve(addresses.size());
  for (const IpAddress& ip : addresses) {
    result.emplace_back(ip, port);
  }
  return result;
}

// RFC 6761 §6.3: always this machine, whatever files or servers there are.
bool is_localhost(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost");
}

}  // namespace

// Shared by the loops and the resolver's thread. The mutex is held for look-ups in tables and for
// letters, never while anything waits.
struct DnsResolver::State {
  State(AddressPolicy p, ResolverConfig c)
      : config(std::move(c)), policy(std::move(p)), cache(config.cache), channel(config) {}

  const ResolverConfig config;
  SystemClock clock;
  mutable std::mutex mutex;
  // All guarded by mutex.
  AddressPolicy policy;
  NameCache cache;
  std::unordered_map<std::string, std::vector<Waiter>> waiting;
  std::vector<std::string> asked;
  uint64_t last_id = 0;
  bool is_ending = false;
  // The thread's own; wake() is anybody's.
  DnsChannel channel;
  std::thread thread;

  std::optional<Answer> ask(const std::string& host, EventLoop& loop,
                            std::unique_ptr<Meeting> meeting, uint64_t& id) {
    const std::lock_guard lock(mutex);
    NameCache::Found found = cache.find(host, clock.now());
    if (found.must_look_up) {
      asked.push_back(host);
      channel.wake();
    }
    if (!found.answer.has_value()) {
      id = ++last_id;
      waiting[host].push_back({.id = id, .loop = &loop, .meeting = std::move(meeting)});
    }
    return std::move(found.answer);
  }

  // Afterwards nobody sends to the waiter's loop on its account.
  void forget(const std::string& host, uint64_t id) {
    const std::lock_guard lock(mutex);
    const auto known = waiting.find(host);
    if (known != waiting.end()) {
      std::erase_if(known->second, [id](const Waiter& waiter) { return waiter.id == id; });
    }
  }

  std::optional<NameCache::Addresses> find_stale(const std::string& host) const {
    const std::lock_guard lock(mutex);
    return cache.find_stale(host, clock.now());
  }

  void on_end(const std::string& host, LookUpEnd end, std::vector<IpAddress> addresses,
              Duration ttl) {
    const std::lock_guard lock(mutex);
    const Instant now = clock.now();
    const Answer told = end == LookUpEnd::kAddresses
                            ? cache.on_addresses(host, std::move(addresses), ttl, now)
                        : end == LookUpEnd::kNoSuchName ? cache.on_no_such_name(host, now)
                                                        : cache.on_failure(host, now);
    const auto node = waiting.extract(host);
    if (node.empty()) {
      return;
    }
    for (Waiter& waiter : node.mapped()) {
      waiter.loop->mailbox().send([meeting = std::move(waiter.meeting), told] {
        if (meeting->signal != nullptr) {
          *meeting->answer = told;
          meeting->signal->notify();
        }
      });
    }
  }

  void run() {
    ::pthread_setname_np(::pthread_self(), "resolver");
    while (true) {
      std::vector<std::string> hosts;
      {
        const std::lock_guard lock(mutex);
        if (is_ending) {
          return;
        }
        hosts.swap(asked);
      }
      for (const std::string& host : hosts) {
        channel.look_up(
            host, [this, host](LookUpEnd end, std::vector<IpAddress> addresses, Duration ttl) {
              on_end(host, end, std::move(addresses), ttl);
            });
      }
      channel.wait();
    }
  }
};

// A waiter's place; it signs off when it leaves before its answer comes.
class DnsResolver::Seat {
 public:
  Seat(State& state, const std::string& host, const std::optional<Answer>& answer)
      : state_(state), host_(host), answer_(answer) {}
  ~Seat() {
    if (meeting_ != nullptr && !answer_.has_value()) {
      meeting_->signal = nullptr;  // A letter may be under way already.
      state_.forget(host_, id_);
    }
  }
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;

  // Asks; an answer that is known is told at once.
  std::optional<Answer> take(EventLoop& loop, Signal& signal, std::optional<Answer>& answer) {
    auto meeting = std::make_unique<Meeting>(Meeting{.signal = &signal, .answer = &answer});
    Meeting* const place = meeting.get();
    std::optional<Answer> known = state_.ask(host_, loop, std::move(meeting), id_);
    meeting_ = known.has_value() ? nullptr : place;
    return known;
  }

 private:
  State& state_;
  const std::string& host_;
  const std::optional<Answer>& answer_;
  Meeting* meeting_ = nullptr;  // Owned by the State, then by the letter.
  uint64_t id_ = 0;
};

DnsResolver::DnsResolver(AddressPolicy policy, ResolverConfig config)
    : state_(std::make_unique<State>(std::move(policy), std::move(config))) {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

DnsResolver::~DnsResolver() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_ending = true;
  }
  state_->channel.wake();
  state_->thread.join();
}

Task<Result<std::vector<SocketAddress>>> DnsResolver::resolve(EventLoop& loop, Signal& signal,
                                                              std::string host, uint16_t port,
                                                              Instant deadline) {
  if (const std::optional<IpAddress> ip = IpAddress::parse(host)) {
    co_return std::vector<SocketAddress>{SocketAddress(*ip, port)};
  }
  if (is_localhost(host)) {
    co_return with_port(
        {IpAddress::v4(INADDR_LOOPBACK), IpAddress::v6(std::to_array(in6addr_loopback.s6_addr))},
        port);
  }
  if (host.empty() || host.size() > kHostBytesMax) {
    co_return fail(ErrorCode::kResolve, "no_such_host");
  }
  std::optional<Answer> answer;
  Seat seat(*state_, host, answer);
  if (std::optional<Answer> known = seat.take(loop, signal, answer)) {
    answer = std::move(known);
  }
  Instant look_at_stale = loop.now() + state_->config.stale_wait;
  while (!answer.has_value()) {
    const Result<> woken = co_await signal.wait(std::min(deadline, look_at_stale));
    if (woken.has_value() || answer.has_value()) {
      continue;
    }
    if (woken.error().code != ErrorCode::kTimedOut) {
      co_return fail(woken.error());
    }
    if (const auto stale = state_->find_stale(host)) {
      co_return with_port(*stale, port);
    }
    if (loop.now() >= deadline) {
      co_return fail(ErrorCode::kTimedOut, "resolve_timeout");
    }
    look_at_stale = Instant::never();
  }
  if (!answer->has_value()) {
    co_return fail(answer->error());
  }
  co_return with_port(**answer, port);
}

void DnsResolver::set_policy(AddressPolicy policy) {
  const std::lock_guard lock(state_->mutex);
  state_->policy = std::move(policy);
}

bool DnsResolver::is_allowed(const SocketAddress& address) const {
  const std::lock_guard lock(state_->mutex);
  return state_->policy.is_allowed(address);
}

}  // namespace zerq::io
