// SPDX-License-Identifier: Apache-2.0
#include "control/gateway_config.h"

#include <algorithm>
#include <array>

#include "limits/policy_config.h"

namespace zerq::control {
namespace {

using config::ConfigNode;
using config::Diagnostics;
using config::FieldList;
using config::FieldRules;

constexpr int64_t kMillisecondsMax = 86'400'000;
constexpr size_t kPemBytesMax = 65536;

FieldRules milliseconds() { return {.min = 1, .max = kMillisecondsMax}; }

ContentDigest digest_of(const ConfigNode& node) {
  std::string content;
  node.append_content(content);
  return crypto::sha256(as_bytes(content));
}

template <class T>
void describe_object(FieldList<T>& f) {
  f.add("id", static_cast<Placed<ObjectId> T::*>(&T::id),
        "24 lower-case hex digits; kept when given.")
      .add("name", static_cast<Placed<std::string> T::*>(&T::name),
           "1–100 characters, unique among its kind.", {.is_required = true, .bytes_max = 400})
      .add("description", static_cast<std::string T::*>(&T::description), "Free text.")
      .ignore("created_at")
      .ignore("updated_at")
      .ignore("revision");
}

// A list of objects, each with its place and its content.
template <class T, class Owner>
void add_children(FieldList<Owner>& f, std::string name, std::vector<T> Owner::* member,
                  std::string sentence) {
  f.add(
      std::move(name), std::move(sentence),
      [member](const ConfigNode& node, Owner& into, Diagnostics& problems) {
        std::vector<T>& to = into.*member;
        const size_t first = to.size();
        config::read_objects(node, to, problems);
        for (size_t i = first; i < to.size(); ++i) {
          const ConfigNode& item = node.items()[i - first];
          to[i].place = item.place();
          to[i].content = digest_of(item);
        }
      },
      config::explain_map<T>(true, true));
}

template <class Owner>
void add_reference(FieldList<Owner>& f, const std::string& name, Reference Owner::* member,
                   const std::string& sentence) {
  f.add(
       name, sentence,
       [member](const ConfigNode& n, Owner& o, Diagnostics& d) {
         config::read_value(n, (o.*member).name, {}, d);
       },
       config::explain_text("name"))
      .add(
          name + "_id", sentence + " By id.",
          [member](const ConfigNode& n, Owner& o, Diagnostics& d) {
            config::read_value(n, (o.*member).id, {}, d);
          },
          config::explain_text("id"));
}

}  // namespace

// Found by the templates of config/field_list.h through their struct's namespace.
void describe(FieldList<PeerConfig>& f) {
  f.add("head_ms", &PeerConfig::head_ms, "Longest time for a request head.", milliseconds())
      .add("body_idle_ms", &PeerConfig::body_idle_ms, "Longest silence in a body.", milliseconds())
      .add("keepalive_ms", &PeerConfig::keepalive_ms, "Longest idle connection.", milliseconds())
      .add("write_idle_ms", &PeerConfig::write_idle_ms, "Longest silence of a reader.",
           milliseconds())
      .add("half_close_ms", &PeerConfig::half_close_ms, "Patience after a FIN.", milliseconds())
      .add("min_body_bytes_per_s", &PeerConfig::min_body_bytes_per_s,
           "Slower bodies end, by the mean of 30 s.", {.min = 0, .max = 1'000'000'000});
}

void describe(FieldList<AuditSettings>& f) {
  f.add("level", &AuditSettings::level, "Guarantee of a record.",
        {.choices = {"standard"}, .later = {"strict"}})
      .add("at_cap", &AuditSettings::at_cap, "What happens at the journal's cap.",
           {.choices = {"continue"}, .later = {"refuse"}})
      .add("journal_max_bytes", &AuditSettings::journal_max_bytes, "Cap of the journal.",
           {.min = 16 * 1024 * 1024})
      .add("sync_ms", &AuditSettings::sync_ms, "Longest time to a sealed commit.",
           {.min = 200, .max = 60000})
      .add("retention_days", &AuditSettings::retention_days, "How long records are kept.",
           {.min = 1, .max = 36500})
      .add("retention_bytes", &AuditSettings::retention_bytes, "How much of them is kept.",
           {.min = 1})
      .refuse_not_supported("capture_max_bytes")
      .refuse_not_supported("sinks");
}

namespace {

using S = SettingsConfig;

FieldList<S> upstream_settings() {
  FieldList<S> f;
  f.add("head_max_bytes", &S::upstream_head_max_bytes, "Largest response head.",
        {.min = 1024, .max = 1048576})
      .add("headers_max", &S::upstream_headers_max, "Most response header fields.",
           {.min = 8, .max = 10000});
  return f;
}

FieldList<S> limits_settings() {
  FieldList<S> f;
  f.add("memory_bytes", &S::limits_memory_bytes, "Memory of all windows.", {.min = 1048576});
  for (const char* later : {"redis_mode", "redis_timeout_ms", "on_redis_loss", "redis_prefix"}) {
    f.refuse_not_supported(later);
  }
  return f;
}

FieldList<S> outbound_settings() {
  FieldList<S> f;
  f.add("allow", &S::outbound_allow, "Allowed beside the default.")
      .add("deny", &S::outbound_deny, "Never allowed.");
  return f;
}

}  // namespace

void describe(FieldList<SettingsConfig>& f) {
  f.add("trusted_proxies", &S::trusted_proxies, "Peers whose X-Forwarded-For is believed.")
      .add("denied_ips", &S::denied_ips, "Callers refused before anything else.")
      .add("head_max_bytes", &S::head_max_bytes, "Largest request head.",
           {.min = 1024, .max = 1048576})
      .add("headers_max", &S::headers_max, "Most request header fields.", {.min = 8, .max = 10000})
      .add("target_max_bytes", &S::target_max_bytes, "Longest request target.",
           {.min = 64, .max = 1048576})
      .add("body_max_bytes", &S::body_max_bytes, "Largest request body; none by default.",
           {.min = 0})
      .add("chunk_extension_max_bytes", &S::chunk_extension_max_bytes,
           "Most bytes of chunk extensions in a body.", {.min = 0, .max = 1048576})
      .add("trailers_max", &S::trailers_max, "Most trailer fields.", {.min = 0, .max = 10000})
      .add_object("peer", &S::peer, "Patience with those who call us.")
      .add_object("audit", &S::audit, "The audit journal.")
      .add_group("upstream", "Limits of upstream answers.", upstream_settings())
      .add_group("limits", "Where rate limits are counted.", limits_settings())
      .add_group("outbound", "Where connections that we make may go.", outbound_settings());
  for (const char* later : {"buffer_max_bytes", "fleet", "workflow", "admin", "mcp", "tls"}) {
    f.refuse_not_supported(later);
  }
}

void describe(FieldList<RateLimitField>& f) {
  f.add("requests", &RateLimitField::requests, "Most in any interval; 0 refuses all.",
        {.is_required = true, .min = 0, .max = limits::RateLimitConfig::kRequestsMax})
      .add("interval", &RateLimitField::interval, "1s to 24h, such as 1m.",
           {.is_required = true, .min = 1, .max = 86400});
}

void describe(FieldList<QuotaField>& f) {
  f.add("requests", &QuotaField::requests, "Most in a window; 0 refuses all.",
        {.is_required = true, .min = 0, .max = limits::RateLimitConfig::kRequestsMax})
      .add("interval", &QuotaField::interval,
           "A UTC day, an ISO week (from Monday) or a calendar month.",
           {.is_required = true, .choices = {"1d", "7d", "30d"}});
}

void describe(FieldList<PolicyConfig>& f) {
  describe_object(f);
  f.add(
       "rate_limit", "Requests in any interval; none: no limit.",
       [](const ConfigNode& n, PolicyConfig& p, Diagnostics& d) {
         if (!n.is_null()) {
           config::read_object(n, p.rate_limit.emplace(), d);
         }
       },
       config::explain_map<RateLimitField>())
      .add("per", &PolicyConfig::per, "What is counted apart.",
           {.choices = {"client", "profile", "collection", "proxy"}})
      .add("active", &PolicyConfig::active, "Whether it limits.")
      .add("concurrency", &PolicyConfig::concurrency,
           "Most requests at once; 0 refuses all; none: no limit.",
           {.min = 0, .max = limits::PolicyLimits::kConcurrencyMax})
      .add(
          "quota", "Requests in a window of the calendar; none: no limit.",
          [](const ConfigNode& n, PolicyConfig& p, Diagnostics& d) {
            if (!n.is_null()) {
              config::read_object(n, p.quota.emplace(), d);
            }
          },
          config::explain_map<QuotaField>());
}

void describe(FieldList<CredentialConfig>& f) {
  describe_object(f);
  f.add("type", &CredentialConfig::type, "What kind it is.",
        {.is_required = true,
         .choices = {"api_key", "basic"},
         .later = {"oauth2_client", "mtls", "mongodb", "postgres", "sqlserver", "oracle", "redis",
                   "smtp", "sendgrid", "kafka", "imap"}})
      .add("key_in", &CredentialConfig::key_in, "Where the key goes.",
           {.choices = {"header", "query"}})
      .add("key_name", &CredentialConfig::key_name, "The header's or the parameter's name.")
      .add("api_key", &CredentialConfig::api_key, "The key.")
      .add("username", &CredentialConfig::username, "Of the type basic.")
      .add("password", &CredentialConfig::password, "Of the type basic.")
      .add("allowed_hosts", &CredentialConfig::allowed_hosts,
           "Hosts that it may go to; none: those of its users.");
}

void describe(FieldList<HeaderField>& f) {
  f.add("name", &HeaderField::name, "A header name.", {.is_required = true, .bytes_max = 256})
      .add("value", &HeaderField::value, "Its value.", {.bytes_max = 8192})
      .add(
          "env", "Or the environment variable that holds it.",
          [](const ConfigNode& n, HeaderField& h, Diagnostics& d) {
            h.env.place = n.place();  // Also where it is refused: something stands there.
            h.env.path = n.path();
            if (config::check_environment_name(n, d)) {
              h.env.value = n.scalar();
            }
          },
          config::explain_text("name of a variable"));
}

void describe(FieldList<ResponseHeadersField>& f) {
  f.add_objects("set", &ResponseHeadersField::set, "Headers to set.")
      .add("remove", &ResponseHeadersField::remove, "Headers to drop.");
}

void describe(FieldList<TimeoutsField>& f) {
  f.add("connect_ms", &TimeoutsField::connect_ms, "An attempt to connect; default 5000.",
        milliseconds())
      .add("request_ms", &TimeoutsField::request_ms, "Until the response head; default 60000.",
           milliseconds())
      .add("idle_ms", &TimeoutsField::idle_ms, "Longest silence in bodies; default 60000.",
           milliseconds())
      .refuse_not_supported("tunnel_idle_ms");
}

void describe(FieldList<ConnectionsField>& f) {
  f.add("max", &ConnectionsField::max, "Most connections to a target.", {.min = 1, .max = 65536})
      .add("queue", &ConnectionsField::queue, "Most requests that wait for one.",
           {.min = 0, .max = 65536})
      .add("queue_ms", &ConnectionsField::queue_ms, "How long they wait.", milliseconds());
}

void describe(FieldList<PathOptionsField>& f) {
  using P = PathOptionsField;
  f.add("encoded_slash", &P::encoded_slash, "What %2F is.", {.choices = {"refuse", "keep"}})
      .add("semicolon", &P::semicolon, "What ';' is.", {.choices = {"refuse", "keep"}})
      .add("empty_segments", &P::empty_segments, "What '//' is.", {.choices = {"merge", "keep"}});
}

void describe(FieldList<CorsField>& f) {
  using C = CorsField;
  f.add("allow_origins", &C::allow_origins, "Exact, https://*.example.com, or *.",
        {.is_required = true})
      .add("allow_methods", &C::allow_methods, "Methods that pages may use; none: all.")
      .add("allow_headers", &C::allow_headers, "Headers that pages may send; none: as asked.")
      .add("expose_headers", &C::expose_headers, "Headers of answers that pages may read.")
      .add("allow_credentials", &C::allow_credentials, "Whether cookies count; not with *.")
      .add("max_age_s", &C::max_age_s, "How long a preflight's answer holds.",
           {.min = 0, .max = 86400});
}

void describe(FieldList<ParameterField>& f) {
  using P = ParameterField;
  f.add("name", &P::name, "Its name; of a path parameter the {name} in the path.",
        {.is_required = true, .min = 1, .bytes_max = 256})
      .add("in", &P::in, "Where it stands.",
           {.is_required = true, .choices = {"path", "query", "header"}})
      .add("type", &P::type, "What its text must be.",
           {.choices = {"string", "integer", "number", "boolean"}})
      .add("required", &P::is_required,
           "Whether a request must have it; in the path it always does.")
      .add("default", &P::initial, "Sent upstream where it is missing; only in: query.")
      .add("enum", &P::choices, "The values that it may have.")
      .keep_without_effect("description", "Documentation.");
}

namespace {

template <class T>
void describe_forwarding(FieldList<T>& f) {
  f.add_objects("headers", &T::headers, "Headers added upstream.")
      .add_object("response_headers", &T::response_headers, "Headers of answers.")
      .add_object("timeouts", &T::timeouts, "Patience with the upstream.");
  add_reference(f, "credential", &T::credential,
                "How we prove who we are to the upstream; a proxy's goes before its collection's.");
}

}  // namespace

void describe(FieldList<ProxyConfig>& f) {
  using P = ProxyConfig;
  describe_object(f);
  describe_forwarding(f);
  f.add("tags", &P::tags, "Free words.")
      .add("methods", &P::methods, "Methods it answers; GET implies HEAD.", {.is_required = true})
      .add("path", &P::path, "/a/{id}/b, or with a last /*.", {.is_required = true})
      .add("target_path", &P::target_path, "The path upstream, with the same names; default: path.")
      .add_objects("parameters", &P::parameters, "What its requests must bring.")
      .add("streaming", &P::streaming, "Bodies are never held.")
      .add("required_scopes", &P::required_scopes, "Scopes that the caller needs.")
      .add("required_scopes_mode", &P::required_scopes_mode, "Whether all or any of them.",
           {.choices = {"all", "any"}})
      .add("status", &P::status, "Whether it is live.",
           {.choices = {"draft", "published"}, .later = {"maintenance"}})
      .add(
          "request_schema", "JSON Schema of the body; not enforced yet.",
          [](const ConfigNode& n, P& p, Diagnostics& d) {
            p.has_request_schema = !n.is_null();
            d.warning(n.place(), n.path(), std::string(config::kNotEnforced));
          },
          config::explain_text("JSON Schema", config::FieldType::kAny))
      .add("body_max_bytes", &P::body_max_bytes, "Largest request body; default: the settings'.",
           {.min = 0})
      .keep_without_effect("response_schema", "Documentation of the answer.")
      .keep_without_effect("request_example", "Documentation.")
      .keep_without_effect("response_example", "Documentation.");
  for (const char* later : {"required_claims", "audit", "workflow"}) {
    f.refuse_not_supported(later);
  }
}

void describe(FieldList<CollectionConfig>& f) {
  using C = CollectionConfig;
  static const FieldRules kIdentifyBy = {.choices = {"headers"}, .later = {"credential"}};
  static const FieldRules kProtocol = {.choices = {"auto", "h1"}, .later = {"h2", "h2c"}};
  describe_object(f);
  describe_forwarding(f);
  f.add("base_path", &C::base_path, "Where it begins, such as /orders.", {.is_required = true})
      .add("target", &C::target, "http://HOST[:PORT][/PATH].", {.is_required = true})
      .add("hosts", &C::hosts, "Exact or *.example.com; none: any.")
      .add_object("connections", &C::connections, "Limits of connections to the target.")
      .add("token_header", &C::token_header, "Where opaque tokens stand.")
      .add("preserve_host", &C::preserve_host, "The caller's Host goes upstream.")
      .add("forward_credentials", &C::forward_credentials, "Identity headers go upstream.")
      .add_object("path_options", &C::path_options, "What ambiguous paths mean here.")
      .add(
          "cors", "Which web pages may call it; without it OPTIONS is an ordinary method.",
          [](const ConfigNode& n, C& c, Diagnostics& d) {
            if (!n.is_null()) {
              config::read_object(n, c.cors.emplace(), d);
            }
          },
          config::explain_map<CorsField>())
      .add("status", &C::status, "Whether it is live.",
           {.choices = {"draft", "published"}, .later = {"maintenance"}})
      .add(
          "identify_by", "How the caller is found: headers.",
          [](const ConfigNode& n, C&, Diagnostics& d) {
            std::string way;
            config::read_value(n, way, kIdentifyBy, d);
          },
          config::explain_value<std::string>(kIdentifyBy, "headers"))
      .add(
          "protocol", "What the upstream speaks: h1.",
          [](const ConfigNode& n, C&, Diagnostics& d) {
            std::string way;
            config::read_value(n, way, kProtocol, d);
          },
          config::explain_value<std::string>(kProtocol, "auto"));
  add_reference(f, "anonymous_profile", &C::anonymous_profile, "CLIENT/PROFILE of auth type none.");
  add_children(f, "proxies", &C::proxies, "Its routes.");
  for (const char* later :
       {"targets", "load_balancing", "hash_on", "health", "retries", "circuit_breaker", "tls"}) {
    f.refuse_not_supported(later);
  }
}

void describe(FieldList<AuthField>& f) {
  using A = AuthField;
  f.add("type", &A::type, "How callers prove who they are: none, token, jwt or oidc.",
        {.is_required = true, .choices = {"none", "token", "jwt", "oidc"}})
      .add("token", &A::token, "zerq_tok_ and at least 43 characters.")
      .add("secret", &A::secret, "At least 32, 48 or 64 bytes for HS256, HS384 or HS512.")
      .add("algorithms", &A::algorithms, "Which are accepted.")
      .add("issuer", &A::issuer, "Equal to iss.")
      .add(
          "audience", "One of aud.",
          [](const ConfigNode& n, A& a, Diagnostics& d) {
            if (n.kind() == ConfigNode::Kind::kList) {
              config::read_value(n, a.audience, {}, d);
            } else {
              config::read_value(n, a.audience.emplace_back(), {}, d);
            }
          },
          config::explain_text("text or list of text", config::FieldType::kTextOrList))
      .add("clock_skew_s", &A::clock_skew_s, "How far clocks may be apart.", {.min = 0, .max = 60})
      .add("jwks", &A::jwks, "A key set, inline.")
      .add("public_key_pem", &A::public_key_pem, "One key.", {.bytes_max = kPemBytesMax})
      .add("required_claims", &A::required_claims, "Claim → value or values.")
      .add("scope_claim", &A::scope_claim, "Where scopes stand.")
      .refuse_not_supported("jwks_uri");
}

namespace {

bool takes_field(std::string_view type, std::string_view field) {
  constexpr std::array<std::string_view, 6> kOfTokens = {
      "algorithms", "issuer", "audience", "clock_skew_s", "required_claims", "scope_claim"};
  const bool is_of_tokens = std::ranges::find(kOfTokens, field) != kOfTokens.end();
  if (type == "jwt") {
    return is_of_tokens || field == "secret";
  }
  if (type == "oidc") {
    return is_of_tokens || field == "jwks" || field == "jwks_uri" || field == "public_key_pem";
  }
  return type == "token" && field == "token";
}

bool is_auth_field(std::string_view field) {
  return takes_field("token", field) || takes_field("jwt", field) || takes_field("oidc", field);
}

void read_auth(const ConfigNode& node, AuthField& to, Diagnostics& problems) {
  const ConfigNode* type = node.find("type");
  if (type != nullptr && (type->scalar() == "mtls" || type->scalar() == "introspection")) {
    // Its other fields are as unknown as the type.
    problems.error(type->place(), type->path(), "not_supported: " + type->scalar(),
                   "one of none, token, jwt, oidc");
    return;
  }
  config::read_object(node, to, problems);
  to.place = node.place();
  to.path = node.path();
  for (const ConfigNode::Entry& entry : node.entries()) {
    to.fields.push_back(
        {.value = entry.key, .place = entry.value.place(), .path = entry.value.path()});
    // A field of another type would have no effect, so it is refused.
    if (!to.type.value.empty() && is_auth_field(entry.key) &&
        !takes_field(to.type.value, entry.key)) {
      problems.error(entry.place, entry.value.path(), "no field of auth type " + to.type.value,
                     "leave it out");
    }
  }
}

}  // namespace

void describe(FieldList<ProfileConfig>& f) {
  using P = ProfileConfig;
  describe_object(f);
  f.add("active", &P::active, "Whether it is let in.")
      .add("allowed_methods", &P::allowed_methods, "None: all.")
      .add("allowed_ips", &P::allowed_ips, "Addresses and CIDR blocks; none: all.")
      .add("expires_at", &P::expires_at, "RFC 3339, such as 2027-01-31T00:00:00Z.")
      .add("scopes", &P::scopes, "Of the auth types token and none.")
      .add(
          "auth", "How it proves who it is.",
          [](const ConfigNode& n, P& p, Diagnostics& d) { read_auth(n, p.auth, d); },
          config::explain_map<AuthField>(), true);
}

void describe(FieldList<ClientConfig>& f) {
  using C = ClientConfig;
  describe_object(f);
  f.add("email", &C::email, "Whom to write to.")
      .add("collections", &C::collections, "What it may use, by name.")
      .add("collection_ids", &C::collection_ids, "The same by id.")
      .add("active", &C::active, "Whether it is let in.")
      .keep_without_effect("has_portal_access", "Kept for a portal.")
      .keep_without_effect("authorized_emails", "Kept for a portal.");
  add_reference(f, "policy", &C::policy, "Its limits; none: unlimited.");
  add_children(f, "profiles", &C::profiles, "Its credentials.");
}

void describe(FieldList<GatewayConfig>& f) {
  using G = GatewayConfig;
  f.add("version", &G::version, "Of this format.", {.is_required = true, .min = 1, .max = 1})
      .add(
          "settings", "One object.",
          [](const ConfigNode& n, G& g, Diagnostics& d) {
            if (g.settings_place.line != 0) {
              d.error(n.place(), n.path(), "settings a second time",
                      "first at " + config::to_text(g.settings_place));
            }
            g.settings_place = n.place();
            config::read_object(n, g.settings, d);
          },
          config::explain_map<SettingsConfig>(false, true));
  add_children(f, "policies", &G::policies, "Limits.");
  add_children(f, "credentials", &G::credentials, "How we prove who we are to upstreams.");
  add_children(f, "collections", &G::collections, "APIs.");
  add_children(f, "clients", &G::clients, "Callers.");
  f.refuse_not_supported("certificates");
}

void read_gateway_config(const ConfigNode& root, GatewayConfig& into, Diagnostics& problems) {
  config::read_object(root, into, problems);
}

std::vector<config::FieldNote> gateway_config_fields() {
  return config::fields_of<GatewayConfig>().notes();
}

}  // namespace zerq::control
