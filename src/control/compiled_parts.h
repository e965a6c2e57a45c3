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
#include <vector>

#include "control/flat_index.h"
#include "control/gateway_config.h"
#include "control/outside_values.h"
#include "filters/caller_table.h"
#include "proxy/route_trie.h"
#include "proxy/snapshot.h"

namespace zerq::auth {
class JwtVerifier;
}

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
  std::optional<proxy::CorsRules> cors;
  std::vector<ContentDigest> credentials;  // The states of those that it uses.
  proxy::RouteTrie trie;
  std::vector<std::unique_ptr<const proxy::RouteRuntime>> routes;
  OutsideValues outside;
};

// Parts of one kind by name, in the order in which they were added.
template <class T>
class PartList {
 public:
  using Part = std::shared_ptr<const T>;

  void reserve(size_t count) {
    parts_.reserve(count);
    index_.reserve(count);
  }
  // False, and the part is not kept, when there is one of that name.
  bool add(const Part& part) {
    if (find(part->name) != nullptr) {
      return false;
    }
    index_.add(std::hash<std::string_view>()(part->name), static_cast<uint32_t>(parts_.size()));
    parts_.push_back(part);
    return true;
  }
  // Null: none of that name.
  const Part* find(std::string_view name) const {
    const std::optional<uint32_t> found =
        index_.find(std::hash<std::string_view>()(name),
                    [&](uint32_t number) { return parts_[number]->name == name; });
    return found.has_value() ? &parts_[*found] : nullptr;
  }
  size_t size() const { return parts_.size(); }
  auto begin() const { return parts_.begin(); }
  auto end() const { return parts_.end(); }

 private:
  std::vector<Part> parts_;
  FlatIndex index_;
};

struct CompiledParts {
  PartList<CompiledPolicy> policies;
  PartList<CompiledClient> clients;
  PartList<CompiledCollection> collections;
};

}  // namespace zerq::control
