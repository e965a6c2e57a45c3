// SPDX-License-Identifier: Apache-2.0
// What one compilation makes and the next one uses again where nothing of it changed (architecture
// §4): policies, clients with their profiles, collections with their routes, verifiers. Each is
// immutable and shared by all snapshots that hold it; `CompiledParts` is one snapshot's hold on
// them. Private to control; the door is control/snapshot_compiler.h.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auth/jwt_verifier.h"
#include "control/gateway_config.h"
#include "control/outside_values.h"
#include "filters/caller_table.h"
#include "proxy/route_trie.h"
#include "proxy/snapshot.h"

namespace zerq::control {

struct CompiledPolicy {
  ContentDigest content{};
  std::string name;
  filters::Policy policy;
  bool is_limiting = false;  // Active, with a limit of its own.
};

// Profiles point at the client beside them, so it stays where it was made.
struct CompiledClient {
  CompiledClient() = default;
  CompiledClient(const CompiledClient&) = delete;
  CompiledClient& operator=(const CompiledClient&) = delete;

  ContentDigest content{};
  std::string name;
  filters::Client client;
  std::vector<filters::Profile> profiles;  // In the order of the configuration.
  std::vector<std::string> profile_names;  // In the same order.
  std::shared_ptr<const CompiledPolicy> policy;
  std::vector<std::shared_ptr<const auth::JwtVerifier>> verifiers;
  OutsideValues outside;
};

struct CompiledCollection {
  ContentDigest content{};
  ObjectId id;
  std::string name;
  std::vector<std::pair<std::string, ObjectId>> proxies;  // In the order of the configuration.
  const filters::Profile* anonymous = nullptr;
  proxy::RouteTrie trie;
  std::vector<std::unique_ptr<const proxy::RouteRuntime>> routes;
  OutsideValues outside;
};

struct CompiledParts {
  // Keys are names inside of the values.
  template <class T>
  using ByName = std::unordered_map<std::string_view, std::shared_ptr<const T>>;

  ByName<CompiledPolicy> policies;
  ByName<CompiledClient> clients;
  ByName<CompiledCollection> collections;

  template <class T>
  static const std::shared_ptr<const T>* find(const ByName<T>& parts, std::string_view name) {
    const auto it = parts.find(name);
    return it == parts.end() ? nullptr : &it->second;
  }
};

}  // namespace zerq::control
