// SPDX-License-Identifier: Apache-2.0
#include "control/object_kind.h"

#include <algorithm>

namespace zerq::control {
namespace {

using config::FieldNote;
using config::FieldType;

constexpr std::array<KindFacts, kObjectKinds> kKinds = {{
    {ObjectKind::kSettings, "settings", "settings", std::nullopt, ""},
    {ObjectKind::kPolicy, "policy", "policies", std::nullopt, ""},
    {ObjectKind::kCredential, "credential", "credentials", std::nullopt, ""},
    {ObjectKind::kCollection, "collection", "collections", std::nullopt, ""},
    {ObjectKind::kProxy, "proxy", "proxies", ObjectKind::kCollection, "collection_id"},
    {ObjectKind::kClient, "client", "clients", std::nullopt, ""},
    {ObjectKind::kProfile, "profile", "profiles", ObjectKind::kClient, "client_id"},
}};

std::vector<FieldNote> notes_of(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::kSettings: return config::fields_of<SettingsConfig>().notes();
    case ObjectKind::kPolicy: return config::fields_of<PolicyConfig>().notes();
    case ObjectKind::kCredential: return config::fields_of<CredentialConfig>().notes();
    case ObjectKind::kCollection: return config::fields_of<CollectionConfig>().notes();
    case ObjectKind::kProxy: return config::fields_of<ProxyConfig>().notes();
    case ObjectKind::kClient: return config::fields_of<ClientConfig>().notes();
    case ObjectKind::kProfile: return config::fields_of<ProfileConfig>().notes();
  }
  return {};
}

void collect_secrets(const std::vector<FieldNote>& notes, const std::string& before,
                     std::vector<std::string>& to) {
  for (const FieldNote& note : notes) {
    if (note.type == FieldType::kSecret) {
      to.push_back(before + note.name);
    } else if (note.type == FieldType::kMap) {
      collect_secrets(note.children, before + note.name + ".", to);
    }
  }
}

template <class T>
TypedConfig read_as(const config::ConfigNode& node, config::Diagnostics& problems) {
  T config;
  config::read_object(node, config, problems);
  if constexpr (std::is_base_of_v<ObjectFields, T>) {
    config.place = node.place();
  }
  return config;
}

}  // namespace

const KindFacts& facts_of(ObjectKind kind) { return kKinds[index_of(kind)]; }

const KindFacts* find_kind(std::string_view plural) {
  const auto* it = std::ranges::find(kKinds, plural, &KindFacts::plural);
  return it == kKinds.end() ? nullptr : it;
}

const KindFacts* find_kind_named(std::string_view singular) {
  const auto* it = std::ranges::find(kKinds, singular, &KindFacts::singular);
  return it == kKinds.end() ? nullptr : it;
}

const std::vector<FieldNote>& fields_of_kind(ObjectKind kind) {
  static const auto kFields = [] {
    std::array<std::vector<FieldNote>, kObjectKinds> fields;
    for (const KindFacts& facts : kKinds) {
      fields[index_of(facts.kind)] = notes_of(facts.kind);
      std::erase_if(fields[index_of(facts.kind)],
                    [](const FieldNote& note) { return note.is_object && note.is_list; });
    }
    return fields;
  }();
  return kFields[index_of(kind)];
}

const std::vector<std::string>& secret_fields_of(ObjectKind kind) {
  static const auto kSecrets = [] {
    std::array<std::vector<std::string>, kObjectKinds> secrets;
    for (const KindFacts& facts : kKinds) {
      collect_secrets(fields_of_kind(facts.kind), "", secrets[index_of(facts.kind)]);
    }
    return secrets;
  }();
  return kSecrets[index_of(kind)];
}

const std::vector<ReferenceField>& reference_fields() {
  using K = ObjectKind;
  static const std::vector<ReferenceField> kReferences = {
      {K::kCollection, "credential", "credential_id", false, K::kCredential},
      {K::kCollection, "anonymous_profile", "anonymous_profile_id", false, K::kProfile},
      {K::kProxy, "credential", "credential_id", false, K::kCredential},
      {K::kClient, "policy", "policy_id", false, K::kPolicy},
      {K::kClient, "collections", "collection_ids", true, K::kCollection},
  };
  return kReferences;
}

TypedConfig read_typed(ObjectKind kind, const config::ConfigNode& node,
                       config::Diagnostics& problems) {
  switch (kind) {
    case ObjectKind::kSettings: return read_as<SettingsConfig>(node, problems);
    case ObjectKind::kPolicy: return read_as<PolicyConfig>(node, problems);
    case ObjectKind::kCredential: return read_as<CredentialConfig>(node, problems);
    case ObjectKind::kCollection: return read_as<CollectionConfig>(node, problems);
    case ObjectKind::kProxy: return read_as<ProxyConfig>(node, problems);
    case ObjectKind::kClient: return read_as<ClientConfig>(node, problems);
    case ObjectKind::kProfile: return read_as<ProfileConfig>(node, problems);
  }
  return {};
}

ObjectId settings_id() { return *ObjectId::parse("000000000000000000000001"); }

}  // namespace zerq::control
