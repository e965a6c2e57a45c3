// SPDX-License-Identifier: Apache-2.0
#include "control/route_compiler.h"

#include <fmt/format.h>

#include <algorithm>

#include "control/caller_compiler.h"
#include "control/cors_compiler.h"
#include "control/forwarded_headers.h"
#include "control/parameter_compiler.h"
#include "control/route_table_compiler.h"
#include "control/target_compiler.h"

namespace zerq::control {
namespace {

// What the routes of a collection have in common while they are compiled.
struct CollectionRun {
  const CollectionConfig& config;
  Compilation& run;
  CompiledCollection& part;
  CompiledTarget target;
  // The collection's, then those of its proxies; null: none.
  const std::vector<const CompiledCredential*>& credentials;
};

// The id of CLIENT/PROFILE; none after a problem.
std::optional<ObjectId> find_profile_by_name(const Placed<std::string>& name, Compilation& run) {
  const size_t slash = name.value.find('/');
  const std::string_view client = std::string_view(name.value).substr(0, slash);
  const auto index = run.names.clients.find(client);
  std::vector<std::string> near;
  if (index.has_value()) {
    const auto* part = run.parts.clients.find(client);
    for (size_t i = 0; i < (*part)->profiles.size(); ++i) {
      near.push_back(fmt::format("{}/{}", client, (*part)->profile_names[i]));
      if (near.back() == name.value) {
        return (*part)->profiles[i].id;
      }
    }
  }
  run.problems.error(name.place, name.path, fmt::format("no profile \"{}\"", name.value),
                     "CLIENT/PROFILE by their names",
                     config::nearest_name(name.value, near).value_or(""));
  return std::nullopt;
}

const filters::Profile* find_anonymous(const CollectionConfig& config, Compilation& run) {
  const Placed<std::string>& name = config.anonymous_profile.name;
  const Placed<ObjectId>& by_id = config.anonymous_profile.id;
  if (name.is_set() && by_id.is_set()) {
    run.problems.error(by_id.place, by_id.path, "a profile by name and by id", "one of them");
    return nullptr;
  }
  std::optional<ObjectId> id;
  if (name.is_set()) {
    id = find_profile_by_name(name, run);
  } else if (by_id.is_set()) {
    id = by_id.value;
  }
  if (!id.has_value()) {
    return nullptr;
  }
  const config::Place& place = name.is_set() ? name.place : by_id.place;
  const std::string& path = name.is_set() ? name.path : by_id.path;
  const filters::Profile* profile = run.snapshot.callers.find_profile(*id);
  if (profile == nullptr) {
    run.problems.error(place, path, "no profile " + id->to_text());
  } else if (profile->auth != filters::AuthKind::kNone) {
    run.problems.error(place, path,
                       fmt::format("the profile {} needs a credential",
                                   name.is_set() ? "\"" + name.value + "\"" : id->to_text()),
                       "a profile of auth type none");
  }
  return profile;
}

upstream::UpstreamTimeouts compile_timeouts(const TimeoutsField& outer,
                                            const TimeoutsField& inner) {
  upstream::UpstreamTimeouts timeouts;
  const auto apply = [&timeouts](const TimeoutsField& field) {
    using std::chrono::milliseconds;
    if (field.connect_ms.has_value()) {
      timeouts.connect = milliseconds(*field.connect_ms);
    }
    if (field.request_ms.has_value()) {
      timeouts.request = milliseconds(*field.request_ms);
    }
    if (field.idle_ms.has_value()) {
      timeouts.idle = milliseconds(*field.idle_ms);
    }
  };
  apply(outer);
  apply(inner);
  return timeouts;
}

filters::RouteRules compile_rules(const ProxyConfig& config, const ObjectId& id,
                                  const CollectionRun& collection) {
  config::Diagnostics& problems = collection.run.problems;
  filters::RouteRules rules;
  rules.collection_id = collection.part.id;
  rules.proxy_id = id;
  rules.methods = compile_methods(config.methods, problems);
  rules.required_scopes = compile_scopes(config.required_scopes, problems);
  rules.needs_any_scope = config.required_scopes_mode == "any";
  rules.anonymous_profile = collection.part.anonymous;
  rules.token_header = collection.config.token_header.value;
  rules.forward_credentials = collection.config.forward_credentials;
  return rules;
}

void check_proxy(const ProxyConfig& config, Compilation& run) {
  if (config.methods.empty() && config.name.is_set()) {
    run.problems.error(config.place,
                       config.path.path.substr(0, config.path.path.rfind('.')) + ".methods",
                       "no methods", "at least one");
  }
  if (config.streaming.value && config.has_request_schema) {
    run.problems.error(config.streaming.place, config.streaming.path,
                       "streaming with a request_schema", "one of them");
  }
}

void apply_credential(const CompiledCredential* credential, proxy::RouteRuntime& route) {
  if (credential == nullptr) {
    return;
  }
  route.rules.lacks_secret = route.rules.lacks_secret || credential->lacks_secret;
  if (credential->header.name.empty()) {
    route.credential_parameter = credential->parameter;
  } else {
    put_header(credential->header, route.upstream_headers);
  }
}

// Null after a problem with its paths.
std::unique_ptr<proxy::RouteRuntime> compile_route(const ProxyConfig& config, const ObjectId& id,
                                                   const CompiledCredential* credential,
                                                   const proxy::RoutePattern& pattern,
                                                   CollectionRun& collection) {
  config::Diagnostics& problems = collection.run.problems;
  auto route = std::make_unique<proxy::RouteRuntime>();
  route->collection_id = collection.part.id;
  route->proxy_id = id;
  route->target = collection.target.target;
  route->timeouts = compile_timeouts(collection.config.timeouts, config.timeouts);
  route->preserve_host = collection.config.preserve_host;
  route->body_bytes_max = config.body_max_bytes;
  route->rules = compile_rules(config, id, collection);
  route->rules.parameters = compile_parameters(config.parameters, pattern, problems);
  HeaderCompiler headers(collection.part.outside, collection.run.context.is_offline, problems);
  headers.add_upstream(collection.config.headers, route->upstream_headers);
  headers.add_upstream(config.headers, route->upstream_headers);
  for (const ResponseHeadersField* field :
       {&collection.config.response_headers, &config.response_headers}) {
    headers.add_response(*field, route->response_set, route->response_remove);
  }
  route->rules.lacks_secret = headers.lacks_value();
  apply_credential(credential, *route);
  const Placed<std::string>& written =
      config.target_path.is_set() ? config.target_path : config.path;
  Result<proxy::TargetTemplate> target =
      proxy::TargetTemplate::compile(collection.target.path, pattern, written.value);
  if (!target.has_value()) {
    problems.error(written.place, written.path, written.value, std::string(target.error().detail));
    return nullptr;
  }
  route->target_template = *std::move(target);
  return route;
}

// Every proxy is checked; only published ones are routed.
void compile_proxies(CollectionRun& collection, const CompiledCollection* former) {
  config::Diagnostics& problems = collection.run.problems;
  CompiledCollection& part = collection.part;
  const std::vector<ProxyConfig>& proxies = collection.config.proxies;
  std::unordered_map<std::string_view, ObjectId> former_ids;
  if (former != nullptr) {
    former_ids.insert(former->proxies.begin(), former->proxies.end());
  }
  NameIndex names("proxy");
  names.reserve(proxies.size());
  proxy::RouteTrieBuilder trie;
  std::vector<const ProxyConfig*> routed;
  for (size_t i = 0; i < proxies.size(); ++i) {
    const ProxyConfig& config = proxies[i];
    names.add(config.name, i, problems);
    const auto former_id = former_ids.find(config.name.value);
    const ObjectId id = choose_id(
        config, former_id == former_ids.end() ? nullptr : &former_id->second, "proxy", part.id);
    part.proxies.emplace_back(config.name.value, id);
    check_proxy(config, collection.run);
    if (!config.path.is_set()) {
      continue;  // Reported as missing.
    }
    const Result<proxy::RoutePattern> pattern = proxy::RoutePattern::parse(config.path.value);
    if (!pattern.has_value()) {
      problems.error(config.path.place, config.path.path, config.path.value,
                     std::string(pattern.error().detail));
      continue;
    }
    const CompiledCredential* const own = collection.credentials[i + 1];
    const CompiledCredential* const credential = own != nullptr ? own : collection.credentials[0];
    std::unique_ptr<proxy::RouteRuntime> route =
        compile_route(config, id, credential, *pattern, collection);
    if (route == nullptr || config.status != "published") {
      continue;
    }
    const auto number = static_cast<uint32_t>(part.routes.size());
    if (const auto other = trie.add(*pattern, route->rules.methods, number)) {
      problems.error(config.path.place, config.path.path,
                     fmt::format("the same path and method as \"{}\"", routed[*other]->name.value),
                     "first at " + config::to_text(routed[*other]->path.place));
      continue;
    }
    routed.push_back(&config);
    part.routes.push_back(std::move(route));
  }
  part.trie = std::move(trie).build();
}

void check_collection(const CollectionConfig& config, Compilation& run) {
  const Placed<std::string>& token_header = config.token_header;
  if (token_header.is_set() && !is_token_header(token_header.value)) {
    run.problems.error(token_header.place, token_header.path, "\"" + token_header.value + "\"",
                       "a header name that the gateway has no other use for");
  }
}

// The collection's, then those of its proxies. Also where nothing changed: what they refer to may
// have.
std::vector<const CompiledCredential*> find_credentials(const CollectionConfig& config,
                                                        Compilation& run) {
  std::vector<const CompiledCredential*> found;
  found.reserve(config.proxies.size() + 1);
  found.push_back(find_credential(config.credential, run));
  for (const ProxyConfig& proxy : config.proxies) {
    found.push_back(find_credential(proxy.credential, run));
  }
  return found;
}

std::vector<ContentDigest> states_of(const std::vector<const CompiledCredential*>& credentials) {
  std::vector<ContentDigest> states;
  for (const CompiledCredential* credential : credentials) {
    if (credential != nullptr) {
      states.push_back(credential->state);
    }
  }
  return states;
}

void check_credential_hosts(const CollectionRun& collection) {
  const std::string& host = collection.target.host;
  if (host.empty()) {
    return;  // Reported where it stands.
  }
  for (size_t i = 0; i < collection.credentials.size(); ++i) {
    if (const CompiledCredential* credential = collection.credentials[i]) {
      const Reference& reference =
          i == 0 ? collection.config.credential : collection.config.proxies[i - 1].credential;
      check_credential_host(reference, *credential, host, collection.run.problems);
    }
  }
}

std::shared_ptr<const CompiledCollection> compile_collection(size_t index, Compilation& run) {
  const CollectionConfig& config = run.config.collections[index];
  const ObjectId& id = run.names.collection_ids[index];
  const auto* found = run.names.former_collections[index];
  const CompiledCollection* former = found == nullptr ? nullptr : found->get();
  const filters::Profile* anonymous = find_anonymous(config, run);
  const std::vector<const CompiledCredential*> credentials = find_credentials(config, run);
  std::vector<ContentDigest> states = states_of(credentials);
  if (former != nullptr && former->content == config.content && former->id == id &&
      former->anonymous == anonymous && former->credentials == states &&
      former->outside.are_unchanged()) {
    return *found;
  }
  auto part = std::make_shared<CompiledCollection>();
  part->content = config.content;
  part->id = id;
  part->name = config.name.value;
  part->anonymous = anonymous;
  part->credentials = std::move(states);
  CollectionRun collection{.config = config,
                           .run = run,
                           .part = *part,
                           .target = compile_target(config, run.context.targets, run.problems),
                           .credentials = credentials};
  check_collection(config, run);
  check_credential_hosts(collection);
  part->cors = compile_cors(config, run.problems);
  compile_proxies(collection, former);
  return part;
}

}  // namespace

void compile_collections(Compilation& run) {
  const std::vector<CollectionConfig>& collections = run.config.collections;
  std::vector<std::shared_ptr<const CompiledCollection>> parts;
  parts.reserve(collections.size());
  for (size_t i = 0; i < collections.size(); ++i) {
    const CollectionConfig& config = collections[i];
    const auto& part = parts.emplace_back(compile_collection(i, run));
    for (size_t j = 0; j < part->proxies.size(); ++j) {
      run.names.proxy_index.add(part->proxies[j].second, config.proxies[j].id,
                                config.proxies[j].name, run.problems);
    }
    run.snapshot.collections.push_back({.id = part->id,
                                        .routes = part->routes,
                                        .cors = part->cors.has_value() ? &*part->cors : nullptr});
    // A second collection of that name was reported, and with it this snapshot is given up.
    run.parts.collections.add(part);
  }
  compile_route_table(parts, run);
}

}  // namespace zerq::control
