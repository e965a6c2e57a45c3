// SPDX-License-Identifier: Apache-2.0
// GatewayConfig: what people write, decoded but not yet checked against itself (semantics §1–§3).
// File, and later database and API, all feed the same form. Plain structs with their defaults; one
// `describe` each, in gateway_config.cc. Control thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "auth/opaque_token.h"
#include "base/clock.h"
#include "base/ip_address.h"
#include "base/object_id.h"
#include "config/field_list.h"
#include "config/secret.h"
#include "crypto/digest.h"
#include "text/json.h"

namespace zerq::control {

using config::Placed;
using config::Secret;

// SHA-256 of what stands in an object, wherever it stands: what compiled it once may serve again.
using ContentDigest = crypto::Digest256;

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

// What every object has.
struct ObjectFields {
  Placed<ObjectId> id;
  Placed<std::string> name;
  std::string description;
  config::Place place;
  ContentDigest content{};
};

struct RateLimitField {
  uint32_t requests = 0;
  Duration interval = std::chrono::minutes(1);
};

struct QuotaField {
  uint32_t requests = 0;
  std::string interval;
};

struct PolicyConfig : ObjectFields {
  std::optional<RateLimitField> rate_limit;
  std::optional<QuotaField> quota;
  std::optional<uint32_t> concurrency;
  std::string per = "client";
  bool active = true;
};

struct CredentialConfig : ObjectFields {
  Placed<std::string> type;
  Placed<std::string> key_in{"header", {}, {}}, key_name;  // api_key.
  Secret api_key;
  Placed<std::string> username;  // basic.
  Secret password;
  std::vector<Placed<std::string>> allowed_hosts;
};

struct HeaderField {
  Placed<std::string> name;
  Placed<std::string> value;
  Placed<std::string> env;  // Instead of `value`.
};

struct ResponseHeadersField {
  std::vector<HeaderField> set;
  std::vector<Placed<std::string>> remove;
};

struct TimeoutsField {
  std::optional<uint32_t> connect_ms, request_ms, idle_ms;
};

struct ConnectionsField {
  uint32_t max = 1024, queue = 256, queue_ms = 1000;
};

struct PathOptionsField {
  std::string encoded_slash = "refuse", semicolon = "refuse", empty_segments = "merge";
};

struct CorsField {
  std::vector<Placed<std::string>> allow_origins, allow_methods, allow_headers, expose_headers;
  Placed<bool> allow_credentials;
  uint32_t max_age_s = 600;
};

// By name, or by id in the `_id` twin.
struct Reference {
  Placed<std::string> name;
  Placed<ObjectId> id;
};

struct ParameterField {
  Placed<std::string> name, in;
  std::string type = "string";
  bool is_required = false;
  Placed<text::json::value> initial, choices;  // `default`, `enum`.
};

struct ProxyConfig : ObjectFields {
  std::vector<std::string> tags;
  std::vector<Placed<std::string>> methods;
  Placed<std::string> path;
  Placed<std::string> target_path;
  Placed<bool> streaming;
  bool has_request_schema = false;
  std::vector<ParameterField> parameters;
  std::optional<uint64_t> body_max_bytes;
  std::vector<HeaderField> headers;
  Reference credential;
  std::vector<Placed<std::string>> required_scopes;
  std::string required_scopes_mode = "all";
  TimeoutsField timeouts;
  ResponseHeadersField response_headers;
  std::string status = "draft";
};

struct CollectionConfig : ObjectFields {
  Placed<std::string> base_path;
  Placed<std::string> target;
  std::vector<Placed<std::string>> hosts;
  TimeoutsField timeouts;
  ConnectionsField connections;
  std::vector<HeaderField> headers;
  Reference credential;
  ResponseHeadersField response_headers;
  Reference anonymous_profile;  // CLIENT/PROFILE, or by id.
  Placed<std::string> token_header;
  bool preserve_host = false, forward_credentials = false;
  PathOptionsField path_options;
  std::optional<CorsField> cors;
  std::string status = "draft";
  std::vector<ProxyConfig> proxies;
};

struct AuthField {
  Placed<std::string> type;
  Secret token;    // token.
  std::vector<auth::OpaqueTokenHash> token_hashes;  // What the store keeps of it.
  Secret secret;   // jwt.
  std::vector<std::string> algorithms;
  std::string issuer;
  std::vector<std::string> audience;
  uint32_t clock_skew_s = 5;
  text::json::value jwks;  // oidc.
  std::string public_key_pem;
  text::json::value required_claims;
  std::string scope_claim = "scope";
  config::Place place;
  std::string path;
  std::vector<Placed<std::string>> fields;  // The names that were written.
};

struct ProfileConfig : ObjectFields {
  bool active = true;
  std::vector<Placed<std::string>> allowed_methods;
  CidrSet allowed_ips;
  Placed<std::string> expires_at;
  std::vector<Placed<std::string>> scopes;
  AuthField auth;
};

struct ClientConfig : ObjectFields {
  std::string email;
  std::vector<Placed<std::string>> collections;
  std::vector<Placed<ObjectId>> collection_ids;
  Reference policy;
  bool active = true;
  std::vector<ProfileConfig> profiles;
};

struct GatewayConfig {
  int64_t version = 0;
  SettingsConfig settings;
  config::Place settings_place;  // Set when a file has them: only one may.
  std::vector<PolicyConfig> policies;
  std::vector<CredentialConfig> credentials;
  std::vector<CollectionConfig> collections;
  std::vector<ClientConfig> clients;
};

// Found by the templates of config/field_list.h.
void describe(config::FieldList<SettingsConfig>& f);
void describe(config::FieldList<PolicyConfig>& f);
void describe(config::FieldList<CredentialConfig>& f);
void describe(config::FieldList<CollectionConfig>& f);
void describe(config::FieldList<ProxyConfig>& f);
void describe(config::FieldList<ClientConfig>& f);
void describe(config::FieldList<ProfileConfig>& f);

// Adds one parsed file. Several files are one document (semantics §2).
void read_gateway_config(const config::ConfigNode& root, GatewayConfig& into,
                         config::Diagnostics& problems);

// What may stand in a file, as the reference page shows it.
std::vector<config::FieldNote> gateway_config_fields();

}  // namespace zerq::control
