// SPDX-License-Identifier: Apache-2.0
#include "control/gateway_config.h"

namespace zerq::control {
namespace {

using config::ConfigNode;
using config::Diagnostics;
using config::FieldList;
using config::FieldRules;

constexpr FieldRules kMilliseconds{.min = 1, .max = 86'400'000};
constexpr size_t kPemBytesMax = 65536;

template <class T>
void describe_identity(FieldList<T>& f) {
  f.add("id", &T::id, "24 lower-case hex digits; kept when given.")
      .add("name", &T::name, "1–100 characters, unique among its kind.",
           {.is_required = true, .bytes_max = 400})
      .ignore("created_at")
      .ignore("updated_at")
      .ignore("revision");
}

}  // namespace

// Found by the templates of config/field_list.h through their struct's namespace.
void describe(FieldList<PeerConfig>& f) {
  f.add("head_ms", &PeerConfig::head_ms, "Longest time for a request head.", kMilliseconds)
      .add("body_idle_ms", &PeerConfig::body_idle_ms, "Longest silence in a body.", kMilliseconds)
      .add("keepalive_ms", &PeerConfig::keepalive_ms, "Longest idle connection.", kMilliseconds)
      .add("write_idle_ms", &PeerConfig::write_idle_ms, "Longest silence of a reader.",
           kMilliseconds)
      .add("half_close_ms", &PeerConfig::half_close_ms, "Patience after a FIN.", kMilliseconds)
      .add("min_body_bytes_per_s", &PeerConfig::min_body_bytes_per_s, "Mean of 30 s.",
           {.min = 0, .max = 1'000'000'000});
}

void describe(FieldList<AuditSettings>& f) {
  f.add("level", &AuditSettings::level, "Guarantee of a record.", {.choices = {"standard"}})
      .add("at_cap", &AuditSettings::at_cap, "At the journal's cap.", {.choices = {"continue"}})
      .add("journal_max_bytes", &AuditSettings::journal_max_bytes, "Cap of the journal.",
           {.min = 16 * 1024 * 1024})
      .add("sync_ms", &AuditSettings::sync_ms, "Longest time to a sealed commit.",
           {.min = 200, .max = 60000})
      .add("retention_days", &AuditSettings::retention_days, "Age of records.",
           {.min = 1, .max = 36500})
      .add("retention_bytes", &AuditSettings::retention_bytes, "Size of records.", {.min = 1})
      .refuse_not_supported("capture_max_bytes")
      .refuse_not_supported("sinks");
}

void describe(FieldList<SettingsConfig>& f) {
  using S = SettingsConfig;
  f.add("trusted_proxies", &S::trusted_proxies, "Peers whose X-Forwarded-For is believed.")
      .add("denied_ips", &S::denied_ips, "Callers refused before anything else.")
      .add("head_max_bytes", &S::head_max_bytes, "Request head.", {.min = 1024, .max = 1048576})
      .add("headers_max", &S::headers_max, "Request header fields.", {.min = 8, .max = 10000})
      .add("target_max_bytes", &S::target_max_bytes, "Request target.", {.min = 64, .max = 1048576})
      .add("body_max_bytes", &S::body_max_bytes, "Request body.", {.min = 0})
      .add("chunk_extension_max_bytes", &S::chunk_extension_max_bytes, "A body's.", {.min = 0})
      .add("trailers_max", &S::trailers_max, "Trailer fields.", {.min = 0, .max = 10000})
      .add("peer", "Time limits of peers.",
           [](const ConfigNode& n, S& s, Diagnostics& d) { config::read_object(n, s.peer, d); })
      .add("audit", "The audit journal.",
           [](const ConfigNode& n, S& s, Diagnostics& d) { config::read_object(n, s.audit, d); })
      .add("upstream", "Limits of upstream answers.",
           [](const ConfigNode& n, S& s, Diagnostics& d) {
             FieldList<S> u;
             u.add("head_max_bytes", &S::upstream_head_max_bytes, "Response head.",
                   {.min = 1024, .max = 1048576})
                 .add("headers_max", &S::upstream_headers_max, "Response header fields.",
                      {.min = 8, .max = 10000});
             u.read(n, s, d);
           })
      .add("limits", "Rate-limit state.",
           [](const ConfigNode& n, S& s, Diagnostics& d) {
             FieldList<S> l;
             l.add("memory_bytes", &S::limits_memory_bytes, "Of all windows.", {.min = 1048576});
             for (const char* later :
                  {"redis_mode", "redis_timeout_ms", "on_redis_loss", "redis_prefix"}) {
               l.refuse_not_supported(later);
             }
             l.read(n, s, d);
           })
      .add("outbound", "Connections that we make.", [](const ConfigNode& n, S& s, Diagnostics& d) {
        FieldList<S> o;
        o.add("allow", &S::outbound_allow, "CIDR blocks.")
            .add("deny", &S::outbound_deny, "CIDR blocks.");
        o.read(n, s, d);
      });
  for (const char* later : {"buffer_max_bytes", "fleet", "workflow", "admin", "mcp", "tls"}) {
    f.refuse_not_supported(later);
  }
}

void describe(FieldList<RateLimitField>& f) {
  f.add("requests", &RateLimitField::requests, "Most in any interval; 0 refuses all.",
        {.is_required = true, .min = 0, .max = 2147483647})
      .add("interval", &RateLimitField::interval, "1 s to 24 h.",
           {.is_required = true, .min = 1, .max = 86400});
}

void describe(FieldList<PolicyConfig>& f) {
  describe_identity(f);
  f.add("description", &PolicyConfig::description, "Free text.")
      .add("rate_limit", "Requests in any interval.",
           [](const ConfigNode& n, PolicyConfig& p, Diagnostics& d) {
             if (!n.is_null()) {
               config::read_object(n, p.rate_limit.emplace(), d);
             }
           })
      .add("per", &PolicyConfig::per, "What is counted apart.",
           {.choices = {"client", "profile", "collection", "proxy"}})
      .add("active", &PolicyConfig::active, "Whether it limits.")
      .accept_not_enforced("quota")
      .refuse_not_supported("concurrency");
}

void describe(FieldList<CredentialConfig>& f) {
  describe_identity(f);
  f.add("type", &CredentialConfig::type, "api_key.", {.is_required = true})
      .add("key_in", &CredentialConfig::key_in, "Where.", {.choices = {"header", "query"}})
      .add("key_name", &CredentialConfig::key_name, "Header or parameter name.")
      .add("api_key", &CredentialConfig::api_key, "The secret.")
      .add("allowed_hosts", "Hosts it may go to.",
           [](const ConfigNode&, CredentialConfig&, Diagnostics&) {});
}

void describe(FieldList<HeaderField>& f) {
  f.add("name", &HeaderField::name, "Header name.", {.is_required = true, .bytes_max = 256})
      .add("value", &HeaderField::value, "Its value.", {.bytes_max = 8192})
      .add("env", &HeaderField::env, "Or the variable that holds it.");
}

namespace {

void read_headers(const ConfigNode& node, std::vector<HeaderField>& to, Diagnostics& problems) {
  if (node.kind() != ConfigNode::Kind::kList) {
    problems.error(node.place(), node.path(), node.shown(), "a list of {name, value}");
    return;
  }
  to.clear();
  for (const ConfigNode& item : node.items()) {
    config::read_object(item, to.emplace_back(), problems);
  }
}

template <class T>
void read_list(const ConfigNode& node, std::vector<T>& to, Diagnostics& problems) {
  if (node.kind() != ConfigNode::Kind::kList) {
    problems.error(node.place(), node.path(), node.shown(), "a list");
    return;
  }
  for (const ConfigNode& item : node.items()) {
    config::read_object(item, to.emplace_back(), problems);
  }
}

}  // namespace

void describe(FieldList<ResponseHeadersField>& f) {
  using R = ResponseHeadersField;
  f.add("set", "Headers to set.", [](const ConfigNode& n, R& r, Diagnostics& d) {
     read_headers(n, r.set, d);
   }).add("remove", &R::remove, "Headers to drop.");
}

void describe(FieldList<TimeoutsField>& f) {
  f.add("connect_ms", &TimeoutsField::connect_ms, "An attempt.", kMilliseconds)
      .add("request_ms", &TimeoutsField::request_ms, "To the response head.", kMilliseconds)
      .add("idle_ms", &TimeoutsField::idle_ms, "Silence in bodies.", kMilliseconds)
      .refuse_not_supported("tunnel_idle_ms");
}

void describe(FieldList<PathOptionsField>& f) {
  using P = PathOptionsField;
  f.add("encoded_slash", &P::encoded_slash, "%2F.", {.choices = {"refuse", "keep"}})
      .add("semicolon", &P::semicolon, "';'.", {.choices = {"refuse", "keep"}})
      .add("empty_segments", &P::empty_segments, "'//'.", {.choices = {"merge", "keep"}});
}

namespace {

template <class T>
void describe_forwarding(FieldList<T>& f) {
  f.add("headers", "Headers added upstream.",
        [](const ConfigNode& n, T& t, Diagnostics& d) { read_headers(n, t.headers, d); })
      .add("response_headers", "Headers of answers.",
           [](const ConfigNode& n, T& t, Diagnostics& d) {
             config::read_object(n, t.response_headers, d);
           })
      .add("timeouts", "Milliseconds.",
           [](const ConfigNode& n, T& t, Diagnostics& d) { config::read_object(n, t.timeouts, d); })
      .accept_not_enforced("credential")
      .accept_not_enforced("credential_id");
}

}  // namespace

void describe(FieldList<ProxyConfig>& f) {
  using P = ProxyConfig;
  describe_identity(f);
  describe_forwarding(f);
  f.add("description", &P::description, "Free text.")
      .add("tags", &P::tags, "Free words.")
      .add("methods", &P::methods, "GET implies HEAD.", {.is_required = true})
      .add("path", &P::path, "/a/{id}/b, or with a last /*.", {.is_required = true})
      .add("target_path", &P::target_path, "Default: path.")
      .add("streaming", &P::streaming, "Bodies are never held.")
      .add("required_scopes", &P::required_scopes, "Scopes of the caller.")
      .add("required_scopes_mode", &P::required_scopes_mode, "all or any.",
           {.choices = {"all", "any"}})
      .add("status", &P::status, "draft or published.", {.choices = {"draft", "published"}})
      .accept_not_enforced("request_schema")
      .accept_not_enforced("body_max_bytes");
  for (const char* note : {"response_schema", "request_example", "response_example"}) {
    f.add(note, "Documentation.", [](const ConfigNode&, P&, Diagnostics&) {});
  }
  for (const char* later : {"parameters", "required_claims", "audit", "workflow"}) {
    f.refuse_not_supported(later);
  }
}

void describe(FieldList<CollectionConfig>& f) {
  using C = CollectionConfig;
  describe_identity(f);
  describe_forwarding(f);
  f.add("description", &C::description, "Free text.")
      .add("base_path", &C::base_path, "Where it begins.", {.is_required = true})
      .add("target", &C::target, "http://HOST[:PORT][/PATH].", {.is_required = true})
      .add("hosts", &C::hosts, "Exact or *.example.com; none: any.")
      .add("anonymous_profile", &C::anonymous_profile, "CLIENT/PROFILE of type none.")
      .add("anonymous_profile_id", &C::anonymous_profile_id, "The same by id.")
      .add("token_header", &C::token_header, "Where opaque tokens stand.")
      .add("preserve_host", &C::preserve_host, "The caller's Host goes upstream.")
      .add("forward_credentials", &C::forward_credentials, "Identity headers go upstream.")
      .add("path_options", "What ambiguous paths mean here.",
           [](const ConfigNode& n, C& c, Diagnostics& d) {
             config::read_object(n, c.path_options, d);
           })
      .add("status", &C::status, "draft or published.", {.choices = {"draft", "published"}})
      .add("proxies", "Its routes.", [](const ConfigNode& n, C& c, Diagnostics& d) {
        const size_t first = c.proxies.size();
        read_list(n, c.proxies, d);
        for (size_t i = first; i < c.proxies.size(); ++i) {
          c.proxies[i].place = n.items()[i - first].place();
        }
      });
  for (const char* later :
       {"targets", "load_balancing", "hash_on", "health", "retries", "circuit_breaker", "protocol",
        "tls", "cors", "identify_by", "connections"}) {
    f.refuse_not_supported(later);
  }
}

void describe(FieldList<AuthField>& f) {
  using A = AuthField;
  f.add("type", &A::type, "none, token, jwt or oidc.",
        {.is_required = true, .choices = {"none", "token", "jwt", "oidc", "mtls", "introspection"}})
      .add("token", &A::token, "zerq_tok_… and at least 43 characters.")
      .add("secret", &A::secret, "At least 32, 48 or 64 bytes.")
      .add("algorithms", &A::algorithms, "What is accepted.")
      .add("issuer", &A::issuer, "Equal to iss.")
      .add("audience", "One of aud.",
           [](const ConfigNode& n, A& a, Diagnostics& d) {
             if (n.kind() == ConfigNode::Kind::kList) {
               config::read_value(n, a.audience, {}, d);
             } else {
               config::read_value(n, a.audience.emplace_back(), {}, d);
             }
           })
      .add("clock_skew_s", &A::clock_skew_s, "0 to 60.", {.min = 0, .max = 60})
      .add("jwks", &A::jwks, "A key set.")
      .add("public_key_pem", &A::public_key_pem, "One key.", {.bytes_max = kPemBytesMax})
      .add("required_claims", &A::required_claims, "Claim → value or values.")
      .add("scope_claim", &A::scope_claim, "Where scopes stand.")
      .refuse_not_supported("jwks_uri");
}

void describe(FieldList<ProfileConfig>& f) {
  using P = ProfileConfig;
  describe_identity(f);
  f.add("active", &P::active, "Whether it is let in.")
      .add("allowed_methods", &P::allowed_methods, "None: all.")
      .add("allowed_ips", &P::allowed_ips, "None: all.")
      .add("expires_at", &P::expires_at, "RFC 3339.")
      .add("scopes", &P::scopes, "Of the types token and none.")
      .add(
          "auth", "How it proves who it is.",
          [](const ConfigNode& n, P& p, Diagnostics& d) { config::read_object(n, p.auth, d); },
          true);
}

void describe(FieldList<ClientConfig>& f) {
  using C = ClientConfig;
  describe_identity(f);
  f.add("description", &C::description, "Free text.")
      .add("email", &C::email, "Whom to write to.")
      .add("collections", &C::collections, "By name.")
      .add("collection_ids", &C::collection_ids, "By id.")
      .add("policy", &C::policy, "By name.")
      .add("policy_id", &C::policy_id, "By id.")
      .add("active", &C::active, "Whether it is let in.")
      .add("has_portal_access", "Kept without effect.", [](const ConfigNode&, C&, Diagnostics&) {})
      .add("authorized_emails", "Kept without effect.", [](const ConfigNode&, C&, Diagnostics&) {})
      .add("profiles", "Its credentials.", [](const ConfigNode& n, C& c, Diagnostics& d) {
        const size_t first = c.profiles.size();
        read_list(n, c.profiles, d);
        for (size_t i = first; i < c.profiles.size(); ++i) {
          c.profiles[i].place = n.items()[i - first].place();
        }
      });
}

void describe(FieldList<GatewayConfig>& f) {
  using G = GatewayConfig;
  f.add("version", &G::version, "1.", {.is_required = true, .min = 1, .max = 1})
      .add("settings", "One object.",
           [](const ConfigNode& n, G& g, Diagnostics& d) { config::read_object(n, g.settings, d); })
      .add("policies", "Limits.",
           [](const ConfigNode& n, G& g, Diagnostics& d) { read_list(n, g.policies, d); })
      .add("credentials", "Outbound.",
           [](const ConfigNode& n, G& g, Diagnostics& d) { read_list(n, g.credentials, d); })
      .add("collections", "APIs.",
           [](const ConfigNode& n, G& g, Diagnostics& d) { read_list(n, g.collections, d); })
      .add("clients", "Callers.",
           [](const ConfigNode& n, G& g, Diagnostics& d) { read_list(n, g.clients, d); })
      .refuse_not_supported("certificates");
}

void read_gateway_config(const ConfigNode& root, GatewayConfig& into, Diagnostics& problems) {
  config::read_object(root, into, problems);
}

}  // namespace zerq::control
