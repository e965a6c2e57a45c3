// SPDX-License-Identifier: Apache-2.0
#include "control/caller_compiler.h"

#include <fmt/format.h>

#include <algorithm>

#include "auth/jwt_verifier.h"
#include "auth/scope_set.h"
#include "control/rfc3339_time.h"
#include "filters/caller_table.h"
#include "limits/limit_table.h"

namespace zerq::control {
namespace {

using config::Diagnostics;
using config::Placed;
using filters::AuthKind;

const std::vector<std::string> kMethodNames = {"GET",   "POST", "PUT",    "DELETE",
                                               "PATCH", "HEAD", "OPTIONS"};

struct ProfilePlace {
  const ProfileConfig& profile;
  std::string path(std::string_view field) const {
    return fmt::format("{}.auth.{}", profile.name.path.substr(0, profile.name.path.rfind('.')),
                       field);
  }
  const config::Place& place() const { return profile.auth.type.place; }
};

std::string compile_scopes(std::span<const Placed<std::string>> scopes, Diagnostics& problems) {
  std::vector<std::string_view> views;
  for (const Placed<std::string>& scope : scopes) {
    if (!auth::is_scope(scope.value)) {
      problems.error(scope.place, scope.path, "\"" + scope.value + "\"",
                     "a scope of RFC 6749: printable, without space, quote and backslash");
    }
    views.push_back(scope.value);
  }
  return auth::make_scope_set(views);
}

// The secret's bytes; a problem where it should be and is not.
std::string resolve_secret(const Secret& secret, const ProfilePlace& at, std::string_view field,
                           Diagnostics& problems) {
  if (!secret.is_set()) {
    problems.error(at.place(), at.path(field), "missing", "a secret: {value: …}, {env: NAME} …");
    return {};
  }
  const std::optional<std::string> bytes = secret.resolve();
  if (!bytes.has_value()) {
    problems.warning(secret.place, secret.path,
                     "secret_unavailable: " + secret.text + " is not there",
                     "requests that need it are refused");
  }
  return bytes.value_or("");
}

void compile_token(const ProfileConfig& config, const CompileContext& context,
                   filters::Profile& profile, Diagnostics& problems) {
  const ProfilePlace at{config};
  const std::string token = resolve_secret(config.auth.token, at, "token", problems);
  if (token.empty()) {
    return;
  }
  if (!auth::is_opaque_token(token)) {
    problems.error(at.place(), at.path("token"), "not an opaque token",
                   "zerq_tok_ and at least 43 of A–Z a–z 0–9 _ -");
    return;
  }
  auth::OpaqueTokenHasher hasher(context.token_key);
  profile.tokens.push_back({.hash = hasher.hash(token)});
}

// The compiled verifier, taken over from the previous snapshot when nothing of it changed.
const auth::JwtVerifier* compile_verifier(const auth::JwtConfig& jwt, const ProfilePlace& at,
                                          const CompileContext& context, CompiledSnapshot& snapshot,
                                          Diagnostics& problems) {
  const auth::VerifierId id = auth::verifier_id_of(jwt);
  const auto has_id = [&id](const auto& verifier) { return verifier->id() == id; };
  if (const auto it = std::ranges::find_if(snapshot.verifiers, has_id);
      it != snapshot.verifiers.end()) {
    return it->get();
  }
  if (context.previous != nullptr) {
    const auto& old = context.previous->verifiers;
    if (const auto it = std::ranges::find_if(old, has_id); it != old.end()) {
      return snapshot.verifiers.emplace_back(*it).get();
    }
  }
  std::vector<auth::AuthProblem> found;
  std::shared_ptr<const auth::JwtVerifier> verifier = auth::JwtVerifier::compile(jwt, found);
  for (const auth::AuthProblem& problem : found) {
    problems.error(at.place(), at.path(problem.field), problem.message);
  }
  if (verifier == nullptr) {
    return nullptr;
  }
  return snapshot.verifiers.emplace_back(std::move(verifier)).get();
}

void compile_jwt(const ProfileConfig& config, const CompileContext& context,
                 CompiledSnapshot& snapshot, filters::Profile& profile, Diagnostics& problems) {
  const AuthField& field = config.auth;
  const ProfilePlace at{config};
  auth::JwtConfig jwt;
  jwt.kind =
      profile.auth == AuthKind::kJwt ? auth::JwtKind::kSharedSecret : auth::JwtKind::kPublicKeys;
  for (const std::string& name : field.algorithms) {
    const auto algorithm = crypto::parse_signature_algorithm(name);
    if (algorithm.has_value()) {
      jwt.algorithms.push_back(*algorithm);
    } else {
      problems.error(at.place(), at.path("algorithms"), name,
                     "HS*, RS*, PS*, ES* with 256, 384 or 512, or EdDSA");
    }
  }
  jwt.issuer = field.issuer;
  jwt.audiences = field.audience;
  jwt.clock_skew_s = field.clock_skew_s;
  jwt.scope_claim = field.scope_claim;
  if (field.required_claims.is_object()) {
    jwt.required_claims = field.required_claims.as_object();
  } else if (!field.required_claims.is_null()) {
    problems.error(at.place(), at.path("required_claims"), "not a map", "claim → value or values");
  }
  if (profile.auth == AuthKind::kJwt) {
    jwt.secret = resolve_secret(field.secret, at, "secret", problems);
    if (jwt.secret.empty()) {
      return;
    }
  } else {
    jwt.jwks = field.jwks;
    jwt.public_key_pem = field.public_key_pem;
    if (field.jwks.is_null() == field.public_key_pem.empty()) {
      problems.error(at.place(), at.path("jwks"),
                     field.jwks.is_null() ? "not_supported: discovery" : "two sources of keys",
                     "exactly one of jwks and public_key_pem");
      return;
    }
  }
  profile.verifier = compile_verifier(jwt, at, context, snapshot, problems);
}

void compile_auth(const ProfileConfig& config, const CompileContext& context,
                  CompiledSnapshot& snapshot, filters::Profile& profile, Diagnostics& problems) {
  const std::string& type = config.auth.type.value;
  const ProfilePlace at{config};
  if (type == "none") {
    profile.auth = AuthKind::kNone;
  } else if (type == "token") {
    profile.auth = AuthKind::kToken;
    compile_token(config, context, profile, problems);
  } else if (type == "jwt" || type == "oidc") {
    profile.auth = type == "jwt" ? AuthKind::kJwt : AuthKind::kOidc;
    compile_jwt(config, context, snapshot, profile, problems);
  } else if (!type.empty()) {
    problems.error(at.place(), at.path("type"), "not_supported: " + type,
                   "none, token, jwt or oidc");
  }
  const bool takes_scopes = profile.auth == AuthKind::kNone || profile.auth == AuthKind::kToken;
  if (!takes_scopes && !config.scopes.empty()) {
    problems.error(config.scopes[0].place, config.scopes[0].path,
                   "scopes of a " + type + " profile", "they come from the token's scope_claim");
  }
}

void compile_profile(const ProfileConfig& config, const ObjectId& id, const filters::Client& client,
                     const CompileContext& context, CompiledSnapshot& snapshot,
                     Diagnostics& problems) {
  filters::Profile profile{
      .id = id, .client = &client, .is_active = config.active, .allowed_ips = config.allowed_ips};
  profile.allowed_methods = compile_methods(config.allowed_methods, problems);
  profile.scopes = compile_scopes(config.scopes, problems);
  if (config.expires_at.is_set()) {
    const std::optional<WallTime> time = parse_rfc3339(config.expires_at.value);
    if (time.has_value()) {
      profile.expires_at = *time;
    } else {
      problems.error(config.expires_at.place, config.expires_at.path, config.expires_at.value,
                     "RFC 3339, such as 2027-01-31T00:00:00Z");
    }
  }
  compile_auth(config, context, snapshot, profile, problems);
  if (client.policy != nullptr && client.policy->rate_limit.per == limits::LimitPer::kProfile) {
    profile.window = context.windows.pin(filters::window_key(*client.policy, client.id, id));
  }
  snapshot.callers.add_profile(std::move(profile));
}

std::optional<size_t> resolve(const NameIndex& index, const Placed<std::string>& by_name,
                              const Placed<ObjectId>& by_id, std::string_view kind,
                              Diagnostics& problems) {
  if (by_name.is_set() && by_id.is_set()) {
    problems.error(by_id.place, by_id.path, fmt::format("a {} by name and by id", kind),
                   "one of them");
    return std::nullopt;
  }
  if (by_name.is_set()) {
    const std::optional<size_t> found = index.find("", by_name.value);
    if (!found.has_value()) {
      index.report_unknown(by_name, problems);
    }
    return found;
  }
  if (by_id.is_set()) {
    const std::optional<size_t> found = index.find(by_id.value);
    if (!found.has_value()) {
      problems.error(by_id.place, by_id.path, fmt::format("no {} {}", kind, by_id.value.to_text()));
    }
    return found;
  }
  return std::nullopt;
}

void compile_client(const ClientConfig& config, size_t index, const ConfigNames& names,
                    std::span<const filters::Policy* const> policies, const CompileContext& context,
                    CompiledSnapshot& snapshot, Diagnostics& problems) {
  filters::Client client{.id = names.client_ids[index], .is_active = config.active};
  for (const Placed<std::string>& name : config.collections) {
    if (const auto found = resolve(names.collections, name, {}, "collection", problems)) {
      client.collections.push_back(names.collection_ids[*found]);
    }
  }
  for (const Placed<ObjectId>& id : config.collection_ids) {
    if (const auto found = resolve(names.collections, {}, id, "collection", problems)) {
      client.collections.push_back(names.collection_ids[*found]);
    }
  }
  std::ranges::sort(client.collections);
  if (const auto found =
          resolve(names.policies, config.policy, config.policy_id, "policy", problems)) {
    client.policy = policies[*found];
  }
  if (client.policy != nullptr && client.policy->rate_limit.per == limits::LimitPer::kClient) {
    client.window = context.windows.pin(filters::window_key(*client.policy, client.id, {}));
  }
  const filters::Client& added = snapshot.callers.add_client(std::move(client));
  for (size_t i = 0; i < config.profiles.size(); ++i) {
    compile_profile(config.profiles[i], names.profile_ids[index][i], added, context, snapshot,
                    problems);
  }
}

limits::LimitPer per_of(const std::string& per) {
  return per == "profile"      ? limits::LimitPer::kProfile
         : per == "collection" ? limits::LimitPer::kCollection
         : per == "proxy"      ? limits::LimitPer::kProxy
                               : limits::LimitPer::kClient;
}

}  // namespace

http::MethodSet compile_methods(std::span<const Placed<std::string>> methods,
                                Diagnostics& problems) {
  http::MethodSet set;
  for (const Placed<std::string>& method : methods) {
    const http::Method parsed = http::parse_method(method.value);
    if (parsed == http::Method::kOther) {
      problems.error(method.place, method.path, method.value,
                     "GET, POST, PUT, DELETE, PATCH, HEAD or OPTIONS",
                     config::nearest_name(method.value, kMethodNames).value_or(""));
    } else {
      set.add(parsed);
    }
  }
  return set;
}

ConfigNames ConfigNames::collect(const GatewayConfig& config, Diagnostics& problems) {
  ConfigNames names;
  for (size_t i = 0; i < config.policies.size(); ++i) {
    names.policy_ids.push_back(
        names.policies.add(config.policies[i].id, config.policies[i].name, "", i, problems));
  }
  for (size_t i = 0; i < config.credentials.size(); ++i) {
    names.credentials.add(config.credentials[i].id, config.credentials[i].name, "", i, problems);
  }
  for (size_t i = 0; i < config.collections.size(); ++i) {
    const CollectionConfig& collection = config.collections[i];
    names.collection_ids.push_back(
        names.collections.add(collection.id, collection.name, "", i, problems));
    auto& ids = names.proxy_ids.emplace_back();
    for (size_t j = 0; j < collection.proxies.size(); ++j) {
      ids.push_back(names.proxies.add(collection.proxies[j].id, collection.proxies[j].name,
                                      collection.name.value, j, problems));
    }
  }
  for (size_t i = 0; i < config.clients.size(); ++i) {
    const ClientConfig& client = config.clients[i];
    names.client_ids.push_back(names.clients.add(client.id, client.name, "", i, problems));
    auto& ids = names.profile_ids.emplace_back();
    for (size_t j = 0; j < client.profiles.size(); ++j) {
      ids.push_back(names.profiles.add(client.profiles[j].id, client.profiles[j].name,
                                       client.name.value, j, problems));
    }
  }
  return names;
}

void compile_callers(const GatewayConfig& config, const ConfigNames& names,
                     const CompileContext& context, CompiledSnapshot& snapshot,
                     Diagnostics& problems) {
  std::vector<const filters::Policy*> policies;
  for (size_t i = 0; i < config.policies.size(); ++i) {
    const PolicyConfig& policy = config.policies[i];
    const filters::Policy* compiled = nullptr;
    if (policy.active && policy.rate_limit.has_value()) {
      compiled =
          &snapshot.callers.add_policy({.id = names.policy_ids[i],
                                        .rate_limit = {.requests = policy.rate_limit->requests,
                                                       .window = policy.rate_limit->interval,
                                                       .per = per_of(policy.per)}});
    }
    policies.push_back(compiled);
  }
  for (size_t i = 0; i < config.clients.size(); ++i) {
    compile_client(config.clients[i], i, names, policies, context, snapshot, problems);
  }
}

}  // namespace zerq::control
