// SPDX-License-Identifier: Apache-2.0
#include "control/route_compiler.h"

#include <fmt/format.h>

#include <algorithm>

#include "auth/scope_set.h"
#include "control/forwarded_headers.h"
#include "control/target_url.h"
#include "proxy/route_table.h"
#include "upstream/target.h"

namespace zerq::control {
namespace {

using config::Diagnostics;
using config::Placed;

// What a collection's proxies have in common while they are compiled.
struct CollectionParts {
  const CollectionConfig& config;
  ObjectId id;
  const upstream::Target* target = nullptr;
  std::string target_path;
  const filters::Profile* anonymous = nullptr;
};

const filters::Profile* find_anonymous(const CollectionConfig& config, const ConfigNames& names,
                                       const proxy::Snapshot& snapshot, Diagnostics& problems) {
  const Placed<std::string>& name = config.anonymous_profile;
  std::optional<ObjectId> id;
  if (config.anonymous_profile_id.is_set()) {
    id = config.anonymous_profile_id.value;
    if (name.is_set()) {
      problems.error(name.place, name.path, "a profile by name and by id", "one of them");
      return nullptr;
    }
  } else if (name.is_set()) {
    const size_t slash = name.value.find('/');
    const std::string client = name.value.substr(0, slash);
    const std::string profile = slash == std::string::npos ? "" : name.value.substr(slash + 1);
    const std::optional<size_t> client_index = names.clients.find("", client);
    const std::optional<size_t> profile_index = names.profiles.find(client, profile);
    if (client_index.has_value() && profile_index.has_value()) {
      id = names.profile_ids[*client_index][*profile_index];
    } else {
      problems.error(name.place, name.path, fmt::format("no profile \"{}\"", name.value),
                     "CLIENT/PROFILE by their names");
      return nullptr;
    }
  } else {
    return nullptr;
  }
  const config::Place& place = name.is_set() ? name.place : config.anonymous_profile_id.place;
  const std::string& path = name.is_set() ? name.path : config.anonymous_profile_id.path;
  const filters::Profile* profile = snapshot.callers.find_profile(*id);
  if (profile == nullptr) {
    problems.error(place, path, "no profile " + id->to_text());
  } else if (profile->auth != filters::AuthKind::kNone) {
    problems.error(place, path, "a profile that needs a credential", "an auth type none");
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

std::string compile_required_scopes(std::span<const Placed<std::string>> scopes,
                                    Diagnostics& problems) {
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

// Null after a problem.
std::unique_ptr<proxy::RouteRuntime> compile_route(const ProxyConfig& config, const ObjectId& id,
                                                   const CollectionParts& collection,
                                                   const proxy::RoutePattern& pattern,
                                                   Diagnostics& problems) {
  auto route = std::make_unique<proxy::RouteRuntime>();
  route->collection_id = collection.id;
  route->proxy_id = id;
  route->target = collection.target;
  route->timeouts = compile_timeouts(collection.config.timeouts, config.timeouts);
  route->preserve_host = collection.config.preserve_host;
  filters::RouteRules& rules = route->rules;
  rules.collection_id = collection.id;
  rules.proxy_id = id;
  rules.methods = compile_methods(config.methods, problems);
  rules.required_scopes = compile_required_scopes(config.required_scopes, problems);
  rules.needs_any_scope = config.required_scopes_mode == "any";
  rules.anonymous_profile = collection.anonymous;
  rules.token_header = collection.config.token_header.value;
  rules.forward_credentials = collection.config.forward_credentials;
  const Placed<std::string>& written =
      config.target_path.is_set() ? config.target_path : config.path;
  Result<proxy::TargetTemplate> target =
      proxy::TargetTemplate::compile(collection.target_path, pattern, written.value);
  if (!target.has_value()) {
    problems.error(written.place, written.path, written.value, std::string(target.error().detail));
    return nullptr;
  }
  route->target_template = *std::move(target);
  add_upstream_headers(collection.config.headers, route->upstream_headers, problems);
  add_upstream_headers(config.headers, route->upstream_headers, problems);
  for (const ResponseHeadersField* field :
       {&collection.config.response_headers, &config.response_headers}) {
    add_response_headers(*field, route->response_set, route->response_remove, problems);
  }
  return route;
}

// Every proxy is checked; only published ones are routed.
void compile_proxies(const CollectionParts& collection, std::span<const ObjectId> ids,
                     bool is_published, proxy::CollectionRuntime& runtime, Diagnostics& problems) {
  proxy::RouteTrieBuilder trie;
  std::vector<const ProxyConfig*> routed;
  for (size_t i = 0; i < collection.config.proxies.size(); ++i) {
    const ProxyConfig& config = collection.config.proxies[i];
    const Result<proxy::RoutePattern> pattern = proxy::RoutePattern::parse(config.path.value);
    if (!pattern.has_value()) {
      if (config.path.is_set()) {
        problems.error(config.path.place, config.path.path, config.path.value,
                       std::string(pattern.error().detail));
      }
      continue;
    }
    if (config.methods.empty()) {
      problems.error(config.place, config.path.path, "no methods", "at least one");
    }
    std::unique_ptr<proxy::RouteRuntime> route =
        compile_route(config, ids[i], collection, *pattern, problems);
    if (route == nullptr || !is_published || config.status != "published") {
      continue;
    }
    const auto number = static_cast<uint32_t>(runtime.routes.size());
    if (const auto other = trie.add(*pattern, route->rules.methods, number)) {
      problems.error(config.path.place, config.path.path,
                     fmt::format("the same path and method as \"{}\"", routed[*other]->name.value),
                     "one of them");
      continue;
    }
    routed.push_back(&config);
    runtime.routes.push_back(std::move(route));
  }
  runtime.trie = std::make_unique<const proxy::RouteTrie>(std::move(trie).build());
}

void report(const CollectionConfig& config, const proxy::CollectionProblem& problem,
            const GatewayConfig& all, Diagnostics& problems) {
  using Kind = proxy::CollectionProblem::Kind;
  switch (problem.kind) {
    case Kind::kInvalidHost: {
      const Placed<std::string>& host = config.hosts[problem.host];
      problems.error(host.place, host.path, host.value, "a host name, or *. and a host name");
      break;
    }
    case Kind::kInvalidBasePath:
      problems.error(config.base_path.place, config.base_path.path, config.base_path.value,
                     "a canonical path such as /orders");
      break;
    case Kind::kReservedBasePath:
      problems.error(config.base_path.place, config.base_path.path, config.base_path.value,
                     "a path that is not reserved for the gateway");
      break;
    case Kind::kBasePathTaken:
      problems.error(
          config.base_path.place, config.base_path.path,
          fmt::format("base_path_taken by \"{}\"", all.collections[problem.other].name.value),
          "another path, or other hosts");
      break;
  }
}

text::PathOptions compile_path_options(const PathOptionsField& field) {
  return {.keeps_encoded_slash = field.encoded_slash == "keep",
          .keeps_semicolon = field.semicolon == "keep",
          .keeps_empty_segments = field.empty_segments == "keep"};
}

}  // namespace

void compile_routes(const GatewayConfig& config, const ConfigNames& names,
                    const CompileContext& context, proxy::Snapshot& snapshot,
                    Diagnostics& problems) {
  proxy::RouteTableBuilder table;
  for (size_t i = 0; i < config.collections.size(); ++i) {
    const CollectionConfig& collection = config.collections[i];
    CollectionParts parts{.config = collection, .id = names.collection_ids[i]};
    if (const std::optional<TargetUrl> url = parse_target_url(collection.target, problems)) {
      parts.target = &context.targets.find_or_add({.host = url->host, .port = url->port});
      parts.target_path = url->path;
    }
    parts.anonymous = find_anonymous(collection, names, snapshot, problems);
    if (collection.token_header.is_set() && !is_header_name(collection.token_header.value)) {
      problems.error(collection.token_header.place, collection.token_header.path,
                     collection.token_header.value, "a header name");
    }
    const bool is_published = collection.status == "published";
    proxy::CollectionRuntime& runtime = snapshot.collections.emplace_back();
    runtime.id = parts.id;
    compile_proxies(parts, names.proxy_ids[i], is_published, runtime, problems);
    std::vector<std::string> hosts;
    for (const Placed<std::string>& host : collection.hosts) {
      hosts.push_back(host.value);
    }
    const proxy::CollectionEntry entry{
        .number = static_cast<uint32_t>(i),
        .hosts = hosts,
        .base_path = collection.base_path.value,
        .path_options = compile_path_options(collection.path_options),
        .trie = runtime.trie.get()};
    if (is_published && collection.base_path.is_set()) {
      for (const proxy::CollectionProblem& problem : table.add(entry)) {
        report(collection, problem, config, problems);
      }
    }
  }
  snapshot.routes = std::make_unique<const proxy::RouteTable>(std::move(table).build());
}

}  // namespace zerq::control
