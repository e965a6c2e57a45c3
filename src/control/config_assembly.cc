// SPDX-License-Identifier: Apache-2.0
#include "control/config_assembly.h"

#include <unordered_map>

namespace zerq::control {
namespace {

// The objects of one kind, each with its content, and where each stands.
template <class T>
std::unordered_map<ObjectId, size_t> copy_all(const ConfigState& state, ObjectKind kind,
                                              std::vector<T>& to) {
  std::unordered_map<ObjectId, size_t> places;
  to.reserve(state.all(kind).size());
  for (const auto& [id, object] : state.all(kind)) {
    places.emplace(id, to.size());
    to.push_back(std::get<T>(object->typed));
  }
  return places;
}

// Children go into their parents, whose content is then theirs too.
template <class Child, class Parent>
void add_children(const ConfigState& state, ObjectKind kind, std::vector<Parent>& parents,
                  std::vector<Child> Parent::* member,
                  const std::unordered_map<ObjectId, size_t>& places) {
  std::vector<std::string> contents(parents.size());
  for (const auto& [id, object] : state.all(kind)) {
    const auto place = places.find(object->parent);
    if (place == places.end()) {
      continue;  // A child without parent is refused before it comes here.
    }
    const auto& child = std::get<Child>(object->typed);
    (parents[place->second].*member).push_back(child);
    contents[place->second] += as_text(Bytes(child.content));
  }
  for (size_t i = 0; i < parents.size(); ++i) {
    const std::string whole = std::string(as_text(Bytes(parents[i].content))) + contents[i];
    parents[i].content = crypto::sha256(as_bytes(whole));
  }
}

}  // namespace

GatewayConfig assemble(const ConfigState& state) {
  GatewayConfig config;
  config.version = 1;
  if (const LiveObject* settings = state.find(ObjectKind::kSettings, settings_id())) {
    config.settings = std::get<SettingsConfig>(settings->typed);
  }
  copy_all(state, ObjectKind::kPolicy, config.policies);
  copy_all(state, ObjectKind::kCredential, config.credentials);
  const auto collections = copy_all(state, ObjectKind::kCollection, config.collections);
  add_children(state, ObjectKind::kProxy, config.collections, &CollectionConfig::proxies,
               collections);
  const auto clients = copy_all(state, ObjectKind::kClient, config.clients);
  add_children(state, ObjectKind::kProfile, config.clients, &ClientConfig::profiles, clients);
  return config;
}

std::string content_of(const LiveObject& object) {
  std::string content(facts_of(object.kind).singular);
  content += '\n' + object.id.to_text() + object.parent.to_text() + object.name + '\n';
  content += json::serialize(object.body);
  for (const auto& [field, secret] : object.secrets) {
    content += '\n' + field + '=' + std::to_string(secret.size()) + ':' + secret;
  }
  return content;
}

}  // namespace zerq::control
