// SPDX-License-Identifier: Apache-2.0
// Target: an address of an upstream, as configured (rung: Gateway). The same scheme, host and port
// is the same Target for as long as the process lives, so that pools, counts and what was learnt
// outlive a revision. TargetRegistry makes and owns them (control thread). Choosing between several
// targets, their health and their breakers will stand beside this, over TargetState.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "io/shard_peers.h"
#include "io/socket_address.h"
#include "telemetry/shared_gauge.h"
#include "upstream/upstream_config.h"

namespace zerq::upstream {

class UpstreamPool;

// What keeps connections apart: two requests may use one connection only if all of it is equal.
struct PoolKey {
  std::string scheme = "http";
  std::string host;  // Lower case, without brackets.
  uint16_t port = 80;
  std::string server_name;  // SNI.
  std::string protocol = "h1";  // ALPN.
  std::string client_certificate;  // Credential id.

  friend auto operator<=>(const PoolKey&, const PoolKey&) = default;
};

// What all shards know of a target; written only when something opens, closes or waits.
struct TargetState {
  telemetry::SharedGauge connections;  // Open or opening.
  telemetry::SharedGauge waiting;  // Requests in the queues.
  telemetry::SharedGauge connect_failures;  // Ever.
  io::ShardPeers<UpstreamPool> pools;  // Those that have used it.
};

class Target {
 public:
  Target(uint32_t index, PoolKey key, ConnectionLimits limits);

  // Dense, for the pools' tables.
  uint32_t index() const { return index_; }
  const PoolKey& key() const { return key_; }
  const ConnectionLimits& limits() const { return limits_; }
  // "api.internal:8080"; the Host that goes to the upstream leaves the default port out.
  const std::string& address_text() const { return address_text_; }
  const std::string& host_text() const { return host_text_; }
  // Set when the host is an IP address: nothing to resolve.
  const std::optional<io::SocketAddress>& numeric() const { return numeric_; }
  TargetState& state() const { return *state_; }

 private:
  uint32_t index_;
  PoolKey key_;
  ConnectionLimits limits_;
  std::string address_text_;
  std::string host_text_;
  std::optional<io::SocketAddress> numeric_;
  std::unique_ptr<TargetState> state_;
};

class TargetRegistry {
 public:
  // The one Target of that key with those limits: changed limits make another, with its own pools.
  const Target& find_or_add(const PoolKey& key, const ConnectionLimits& limits = {});

 private:
  std::map<std::pair<PoolKey, ConnectionLimits>, std::unique_ptr<const Target>> targets_;
};

}  // namespace zerq::upstream
