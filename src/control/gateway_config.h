// SPDX-License-Identifier: Apache-2.0
// GatewayConfig: what people write, decoded but not yet checked against itself (semantics §1–§3).
// File, and later database and API, all feed the same form. Plain structs with their defaults; one
// `describe` each, in gateway_config.cc. Control thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ip_address.h"
#include "base/object_id.h"
#include "config/field_list.h"
#include "config/secret.h"
#include "text/json.h"

namespace zerq::control {

using config::Placed;
using config::Secret;

struct PeerConfig {
  uint32_t head_ms = 10000, body_idle_ms = 30000, keepalive_ms = 60000, write_idle_ms = 30000;
  uint32_t half_close_ms = 5000, min_body_bytes_per_s = 64;
};

struct AuditSettings {
  std::string level = "standard", at_cap = "continue";
  uint64_t journal_max_bytes = uint64_t{1} << 30;
  uint32_t sync_ms = 1000, retention_days = 90;
  std::optional<uint64_t> retention_bytes;
};

struct SettingsConfig {
  CidrSet trusted_proxies, denied_ips, outbound_allow, outbound_deny;
  PeerConfig peer;
  uint32_t head_max_bytes = 65536, headers_max = 256, target_max_bytes = 16384;
  std::optional<uint64_t> body_max_bytes;
  uint32_t chunk_extension_max_bytes = 8192, trailers_max = 64;
  uint32_t upstream_head_max_bytes = 131072, upstream_headers_max = 256;
  uint64_t limits_memory_bytes = 64 * 1024 * 1024;
  AuditSettings audit;
};

struct RateLimitField {
  uint32_t requests = 0;
  Duration interval = std::chrono::minutes(1);
};

struct PolicyConfig {
  Placed<ObjectId> id;
  Placed<std::string> name;
  std::string description;
  std::optional<RateLimitField> rate_limit;
  std::string per = "client";
  bool active = true;
};

struct CredentialConfig {
  Placed<ObjectId> id;
  Placed<std::string> name;
  Placed<std::string> type;
  std::string key_in = "header", key_name;
  Secret api_key;
};

struct HeaderField {
  Placed<std::string> name;
  Placed<std::string> value;
  std::optional<std::string> env;
};

struct ResponseHeadersField {
  std::vector<HeaderField> set;
  std::vector<Placed<std::string>> remove;
};

struct TimeoutsField {
  std::optional<uint32_t> connect_ms, request_ms, idle_ms;
};

struct PathOptionsField {
  std::string encoded_slash = "refuse", semicolon = "refuse", empty_segments = "merge";
};

struct ProxyConfig {
  Placed<ObjectId> id;
  Placed<std::string> name;
  std::string description;
  std::vector<std::string> tags;
  std::vector<Placed<std::string>> methods;
  Placed<std::string> path;
  Placed<std::string> target_path;
  bool streaming = false;
  std::vector<HeaderField> headers;
  std::vector<Placed<std::string>> required_scopes;
  std::string required_scopes_mode = "all";
  TimeoutsField timeouts;
  ResponseHeadersField response_headers;
  std::string status = "draft";
  config::Place place;
};

struct CollectionConfig {
  Placed<ObjectId> id;
  Placed<std::string> name;
  std::string description;
  Placed<std::string> base_path;
  Placed<std::string> target;
  std::vector<Placed<std::string>> hosts;
  TimeoutsField timeouts;
  std::vector<HeaderField> headers;
  ResponseHeadersField response_headers;
  Placed<std::string> anonymous_profile;  // CLIENT/PROFILE by name…
  Placed<ObjectId> anonymous_profile_id;  // … or by id.
  Placed<std::string> token_header;
  bool preserve_host = false, forward_credentials = false;
  PathOptionsField path_options;
  std::string status = "draft";
  std::vector<ProxyConfig> proxies;
};

struct AuthField {
  Placed<std::string> type;
  Secret token;    // token.
  Secret secret;   // jwt.
  std::vector<std::string> algorithms;
  std::string issuer;
  std::vector<std::string> audience;
  uint32_t clock_skew_s = 5;
  text::json::value jwks;  // oidc.
  std::string public_key_pem;
  text::json::value required_claims;
  std::string scope_claim = "scope";
};

struct ProfileConfig {
  Placed<ObjectId> id;
  Placed<std::string> name;
  bool active = true;
  std::vector<Placed<std::string>> allowed_methods;
  CidrSet allowed_ips;
  Placed<std::string> expires_at;
  std::vector<Placed<std::string>> scopes;
  AuthField auth;
  config::Place place;
};

struct ClientConfig {
  Placed<ObjectId> id;
  Placed<std::string> name;
  std::string description, email;
  std::vector<Placed<std::string>> collections;
  std::vector<Placed<ObjectId>> collection_ids;
  Placed<std::string> policy;
  Placed<ObjectId> policy_id;
  bool active = true;
  std::vector<ProfileConfig> profiles;
};

struct GatewayConfig {
  int64_t version = 0;
  SettingsConfig settings;
  std::vector<PolicyConfig> policies;
  std::vector<CredentialConfig> credentials;
  std::vector<CollectionConfig> collections;
  std::vector<ClientConfig> clients;
};

// Adds one parsed file. Several files are one document (semantics §2).
void read_gateway_config(const config::ConfigNode& root, GatewayConfig& into,
                         config::Diagnostics& problems);

}  // namespace zerq::control
