// SPDX-License-Identifier: Apache-2.0
// DnsChannel: c-ares with the poll loop around it (rung: Gateway, inside DnsResolver; its thread).
// The one place that knows c-ares.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ip_address.h"
#include "io/resolver_config.h"

struct ares_channeldata;
struct ares_addrinfo;

namespace zerq::io {

enum class LookUpEnd : uint8_t { kAddresses, kNoSuchName, kFailure };

class DnsChannel {
 public:
  // Runs in wait(). Not called for look-ups that are under way when the channel dies.
  using Done = std::function<void(LookUpEnd, std::vector<IpAddress>, Duration ttl)>;

  explicit DnsChannel(const ResolverConfig& config);
  ~DnsChannel();
  DnsChannel(const DnsChannel&) = delete;
  DnsChannel& operator=(const DnsChannel&) = delete;

  void look_up(const std::string& host, Done done);
  // Waits for answers, time-outs or a wake(), a minute at most, and handles them.
  void wait();
  // Any thread.
  void wake() noexcept;

 private:
  struct Query;
  static void on_answer(void* query, int status, int timeouts, ares_addrinfo* answer);
  void open();
  void reopen_if_changed();

  const ResolverConfig& config_;
  ares_channeldata* channel_ = nullptr;
  int wake_fd_ = -1;
  size_t queries_ = 0;
  std::string stamp_;  // Of resolv.conf, as of open().
};

}  // namespace zerq::io
