// SPDX-License-Identifier: Apache-2.0
// DnsResolver: names to addresses, on one thread of its own with c-ares (architecture §2); shards
// never resolve. IP addresses answer at once. Answers are kept for their TTL (1 s to 5 min) and,
// when a refresh fails, for an hour longer (serve-stale); one look-up a name is under way at a
// time. The address policy for connections that we make is applied by whoever connects, with
// is_allowed() (semantics §11).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "base/task.h"
#include "io/event_loop.h"
#include "io/signal.h"
#include "io/socket_address.h"

namespace zerq::io {

struct AddressPolicy {
  CidrSet allow;  // Wins over deny.
  CidrSet deny;
};

class DnsResolver {
 public:
  explicit DnsResolver(AddressPolicy policy);
  ~DnsResolver();
  DnsResolver(const DnsResolver&) = delete;
  DnsResolver& operator=(const DnsResolver&) = delete;

  // On any loop's thread. `signal` is borrowed for the wait, so that its owner can cancel it.
  // kResolve: no such name, or no answer; kTimedOut, kCancelled.
  Task<Result<std::vector<SocketAddress>>> resolve(EventLoop& loop, Signal& signal,
                                                   std::string host, uint16_t port,
                                                   Instant deadline);

  // Never: unspecified, multicast, link-local and metadata addresses. Loopback and private ones
  // are fine for hosts that stand in configuration, which all are today.
  bool is_allowed(const IpAddress& address) const;

 private:
  struct State;
  AddressPolicy policy_;
  std::unique_ptr<State> state_;
};

}  // namespace zerq::io
