// SPDX-License-Identifier: Apache-2.0
// DnsResolver: names to addresses, on one thread of its own with c-ares (architecture §2); shards
// never resolve, and nobody calls getaddrinfo. Rung: Gateway; outlives the loops that ask. IP
// addresses and localhost answer at once; /etc/hosts and resolv.conf are honoured, and read again
// when they change. How long answers serve is in name_cache.h. The address policy is applied by
// whoever connects, with is_allowed().
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "io/address_policy.h"
#include "io/event_loop.h"
#include "io/resolver_config.h"
#include "io/signal.h"
#include "io/socket_address.h"

namespace zerq::io {

class DnsResolver {
 public:
  explicit DnsResolver(AddressPolicy policy, ResolverConfig config = {});
  ~DnsResolver();
  DnsResolver(const DnsResolver&) = delete;
  DnsResolver& operator=(const DnsResolver&) = delete;

  // On any loop's thread. `signal` is borrowed for the wait, so that its owner can cancel it.
  // kResolve: no such name, or nobody could tell; kTimedOut, kCancelled; kExhausted: too many
  // names.
  Task<Result<std::vector<SocketAddress>>> resolve(EventLoop& loop, Signal& signal,
                                                   std::string host, uint16_t port,
                                                   Instant deadline);

  // Any thread. The policy is a setting, and listeners open after this exists.
  void set_policy(AddressPolicy policy);
  bool is_allowed(const SocketAddress& address) const;

 private:
  struct State;
  class Seat;
  std::unique_ptr<State> state_;
};

}  // namespace zerq::io
