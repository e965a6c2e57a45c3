// SPDX-License-Identifier: Apache-2.0
#include "control/caller_compiler.h"

#include <fmt/format.h>

#include <algorithm>

#include "auth/scope_set.h"
#include "control/auth_compiler.h"
#include "control/rfc3339_time.h"
#include "limits/limit_table.h"

namespace zerq::control {
namespace {

using filters::AuthKind;

const std::vector<std::string> kMethodNames = {"GET",   "POST", "PUT",    "DELETE",
                                               "PATCH", "HEAD", "OPTIONS"};

// What a client refers to, as ids and parts of this revision.
struct ClientLinks {
  std::vector<ObjectId> collections;  // Sorted.
  std::shared_ptr<const CompiledPolicy> policy;
};

ClientLinks find_links(const ClientConfig& config, Compilation& run) {
  ClientLinks links;
  const ConfigNames& names = run.names;
  for (const Placed<std::string>& name : config.collections) {
    if (const auto found = names.collections.find(name.value)) {
      links.collections.push_back(names.collection_ids[*found]);
    } else if (!name.value.empty()) {
      names.collections.report_unknown(name, run.problems);
    }
  }
  for (const Placed<ObjectId>& id : config.collection_ids) {
    const Reference reference{.id = id};
    if (const auto found = resolve(reference, names.collections, names.collection_index,
                                   "collection", run.problems)) {
      links.collections.push_back(names.collection_ids[*found]);
    }
  }
  std::ranges::sort(links.collections);
  const auto twice = std::ranges::unique(links.collections);
  links.collections.erase(twice.begin(), twice.end());
  if (const auto found =
          resolve(config.policy, names.policies, names.policy_index, "policy", run.problems)) {
    const auto* policy = run.parts.policies.find(run.config.policies[*found].name.value);
    links.policy = policy == nullptr ? nullptr : *policy;
  }
  return links;
}

void compile_profile(const ProfileConfig& config, const ObjectId& id, Compilation& run,
                     CompiledClient& owner) {
  config::Diagnostics& problems = run.problems;
  filters::Profile& profile =
      owner.profiles.emplace_back(filters::Profile{.id = id,
                                                   .client = &owner.client,
                                                   .is_active = config.active,
                                                   .allowed_ips = config.allowed_ips});
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
  compile_auth(config.auth, run, owner, profile);
  const bool takes_scopes = profile.auth == AuthKind::kNone || profile.auth == AuthKind::kToken;
  if (!takes_scopes && !config.scopes.empty()) {
    problems.error(config.scopes[0].place, config.scopes[0].path,
                   "scopes of a " + config.auth.type.value + " profile",
                   "they come from the token's scope_claim");
  }
  const filters::Policy* policy = owner.client.policy;
  if (policy != nullptr && policy->limits.per == limits::LimitPer::kProfile) {
    profile.limit =
        run.context.windows.pin(filters::limit_key(*policy, owner.client.id, id), policy->limits);
  }
}

void compile_profiles(const ClientConfig& config, const CompiledClient* former, Compilation& run,
                      CompiledClient& owner) {
  NameIndex names("profile");
  names.reserve(config.profiles.size());
  owner.profiles.reserve(config.profiles.size());
  for (size_t i = 0; i < config.profiles.size(); ++i) {
    const ProfileConfig& profile = config.profiles[i];
    names.add(profile.name, i, run.problems);
    owner.profile_names.push_back(profile.name.value);
    const ObjectId* former_id = nullptr;
    if (former != nullptr) {
      const auto it = std::ranges::find(former->profile_names, profile.name.value);
      former_id =
          it == former->profile_names.end()
              ? nullptr
              : &former->profiles[static_cast<size_t>(it - former->profile_names.begin())].id;
    }
    compile_profile(profile, choose_id(profile, former_id, "profile", owner.client.id), run, owner);
  }
}

std::shared_ptr<const CompiledClient> compile_client(size_t index, Compilation& run) {
  const ClientConfig& config = run.config.clients[index];
  const ObjectId& id = run.names.client_ids[index];
  const auto* found = run.names.former_clients[index];
  const CompiledClient* former = found == nullptr ? nullptr : found->get();
  const bool is_unchanged = former != nullptr && former->content == config.content &&
                            former->client.id == id && former->outside.are_unchanged();
  if (is_unchanged && run.names.are_links_unchanged) {
    return *found;
  }
  ClientLinks links = find_links(config, run);
  if (is_unchanged && former->client.collections == links.collections &&
      former->policy == links.policy) {
    return *found;
  }
  auto client = std::make_shared<CompiledClient>();
  client->content = config.content;
  client->name = config.name.value;
  client->client = {
      .id = id, .is_active = config.active, .collections = std::move(links.collections)};
  if (links.policy != nullptr && links.policy->is_limiting) {
    const filters::Policy& policy = links.policy->policy;
    client->client.policy = &policy;
    if (policy.limits.per == limits::LimitPer::kClient) {
      client->client.limit =
          run.context.windows.pin(filters::limit_key(policy, id, {}), policy.limits);
    }
  }
  client->policy = std::move(links.policy);
  compile_profiles(config, former, run, *client);
  return client;
}

limits::LimitPer per_of(const std::string& per) {
  return per == "profile"      ? limits::LimitPer::kProfile
         : per == "collection" ? limits::LimitPer::kCollection
         : per == "proxy"      ? limits::LimitPer::kProxy
                               : limits::LimitPer::kClient;
}

limits::PolicyLimits compile_limits(const PolicyConfig& config) {
  limits::PolicyLimits limits{.per = per_of(config.per), .concurrency = config.concurrency};
  if (config.rate_limit.has_value()) {
    limits.rate_limit = {.requests = config.rate_limit->requests,
                         .window = config.rate_limit->interval};
  }
  if (config.quota.has_value()) {
    const std::string& interval = config.quota->interval;
    limits.quota = {.requests = config.quota->requests,
                    .interval = interval == "30d"  ? limits::QuotaInterval::kMonth
                                : interval == "7d" ? limits::QuotaInterval::kWeek
                                                   : limits::QuotaInterval::kDay};
  }
  return limits;
}

}  // namespace

http::MethodSet compile_methods(std::span<const Placed<std::string>> methods,
                                config::Diagnostics& problems) {
  http::MethodSet set;
  for (const Placed<std::string>& method : methods) {
    const http::Method parsed = http::parse_method(method.value);
    if (parsed != http::Method::kOther) {
      set.add(parsed);
    } else if (!method.value.empty()) {
      problems.error(method.place, method.path, method.value,
                     "GET, POST, PUT, DELETE, PATCH, HEAD or OPTIONS",
                     config::nearest_name(method.value, kMethodNames).value_or(""));
    }
  }
  return set;
}

std::string compile_scopes(std::span<const Placed<std::string>> scopes,
                           config::Diagnostics& problems) {
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

void compile_policies(Compilation& run) {
  for (size_t i = 0; i < run.config.policies.size(); ++i) {
    const PolicyConfig& config = run.config.policies[i];
    const ObjectId& id = run.names.policy_ids[i];
    const auto* former = run.names.former_policies[i];
    if (former != nullptr && (*former)->content == config.content && (*former)->policy.id == id) {
      run.parts.policies.add(*former);
      continue;
    }
    run.names.are_links_unchanged = false;
    auto policy = std::make_shared<CompiledPolicy>();
    policy->content = config.content;
    policy->name = config.name.value;
    policy->policy = {.id = id, .limits = compile_limits(config)};
    policy->is_limiting = config.active && policy->policy.limits.is_any();
    run.parts.policies.add(policy);
  }
}

void compile_clients(Compilation& run) {
  const std::vector<ClientConfig>& clients = run.config.clients;
  size_t profiles = 0;
  for (const ClientConfig& client : clients) {
    profiles += client.profiles.size();
  }
  run.snapshot.callers.reserve(clients.size(), profiles);
  run.names.profile_index.reserve(profiles);
  run.parts.clients.reserve(clients.size());
  for (size_t i = 0; i < clients.size(); ++i) {
    std::shared_ptr<const CompiledClient> client = compile_client(i, run);
    for (size_t j = 0; j < client->profiles.size(); ++j) {
      run.names.profile_index.add(client->profiles[j].id, clients[i].profiles[j].id,
                                  clients[i].profiles[j].name, run.problems);
    }
    // Only what the parts keep may stand in the table; a second client of that name was reported.
    if (run.parts.clients.add(client)) {
      run.snapshot.callers.add_client(client->client);
      for (const filters::Profile& profile : client->profiles) {
        run.snapshot.callers.add_profile(profile);
      }
    }
  }
}

}  // namespace zerq::control
