// SPDX-License-Identifier: Apache-2.0
// Target: an address of an upstream, as configured. Immutable and shared between revisions; the
// same scheme, host and port is the same Target for as long as the process lives, so that pools
// and counts outlive a revision. TargetRegistry makes them (control thread).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "io/socket_address.h"
#include "telemetry/shared_gauge.h"
#include "upstream/upstream_config.h"

namespace zerq::upstream {

// What keeps connections apart: pools never mix any of it (peers share nothing but the address).
struct PoolKey {
  std::string scheme = "http";
  std::string host;  // Lower case, without brackets.
  uint16_t port = 80;
  std::string server_name;         // SNI.
  std::string protocol = "h1";     // ALPN.
  std::string client_certificate;  // Credential id.

  friend auto operator<=>(const PoolKey&, const PoolKey&) = default;
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
  // Connections of all shards to it.
  telemetry::SharedGauge& connections() const { return connections_; }

 private:
  uint32_t index_;
  PoolKey key_;
  ConnectionLimits limits_;
  std::string address_text_;
  std::string host_text_;
  std::optional<io::SocketAddress> numeric_;
  mutable telemetry::SharedGauge connections_;
};

class TargetRegistry {
 public:
  // The one Target of that key; limits are those of its first use.
  std::shared_ptr<const Target> find_or_add(const PoolKey& key, const ConnectionLimits& limits = {});

 private:
  std::map<PoolKey, std::shared_ptr<const Target>> targets_;
};

}  // namespace zerq::upstream
