// SPDX-License-Identifier: Apache-2.0
// Snapshot: the immutable compiled configuration that a request pins (rung: beside Exchange;
// architecture §4). Made by control/snapshot_compiler, read by all shards. What costs much to make
// (routes, tries, callers) serves many revisions: it is borrowed here, and control's
// CompiledSnapshot keeps it alive.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ip_address.h"
#include "filters/caller_table.h"
#include "filters/route_rules.h"
#include "http/body_decoder.h"
#include "http/head_parse.h"
#include "proxy/cors.h"
#include "proxy/target_template.h"
#include "upstream/upstream_config.h"

namespace zerq::upstream {
class Target;
}

namespace zerq::proxy {

class RouteTable;

struct ConfiguredHeader {
  std::string name;
  std::string value;
};

// One published proxy of one published collection.
struct RouteRuntime {
  ObjectId collection_id;
  ObjectId proxy_id;
  filters::RouteRules rules;
  const upstream::Target* target = nullptr;
  TargetTemplate target_template;
  upstream::UpstreamTimeouts timeouts;
  bool preserve_host = false;
  std::optional<uint64_t> body_bytes_max;  // None: what the settings say.
  // The collection's, then the proxy's, then the credential's.
  std::vector<ConfiguredHeader> upstream_headers;
  QueryParameter credential_parameter;
  std::vector<ConfiguredHeader> response_set;
  std::vector<std::string> response_remove;
};

struct CollectionRuntime {
  ObjectId id;
  std::span<const std::unique_ptr<const RouteRuntime>> routes;  // By the trie's numbers.
  const CorsRules* cors = nullptr;  // Null: OPTIONS is like the rest.
};

struct PeerTimeouts {
  Duration head = std::chrono::milliseconds(10000);
  Duration body_idle = std::chrono::milliseconds(30000);
  Duration keepalive = std::chrono::milliseconds(60000);
  Duration write_idle = std::chrono::milliseconds(30000);
  Duration half_close = std::chrono::milliseconds(5000);
  uint64_t min_body_bytes_per_s = 64;
};

struct SnapshotSettings {
  CidrSet trusted_proxies;
  CidrSet denied_ips;
  PeerTimeouts peer;
  http::HeadLimits head_limits;
  http::HeadLimits upstream_head{.head_bytes_max = 131072, .headers_max = 256};
  http::BodyLimits body_limits;
  uint64_t body_bytes_max = UINT64_MAX;
};

struct Snapshot {
  uint64_t revision = 0;
  SnapshotSettings settings;
  std::unique_ptr<const RouteTable> routes;
  std::vector<CollectionRuntime> collections;  // By the table's numbers.
  filters::CallerTable callers;
};

}  // namespace zerq::proxy
