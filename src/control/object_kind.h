// SPDX-License-Identifier: Apache-2.0
// The kinds of configured objects (product §4): their names in REST and files, who their parent is,
// and which fields they have. One table; REST, files and the store go by it. Pure.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "control/gateway_config.h"

namespace zerq::control {

// In the order in which they refer to each other, as far as there is one.
enum class ObjectKind : uint8_t {
  kSettings,
  kPolicy,
  kCredential,
  kCollection,
  kProxy,
  kClient,
  kProfile,
};
inline constexpr size_t kObjectKinds = 7;

struct KindFacts {
  ObjectKind kind;
  std::string_view singular;  // In messages and in the store.
  std::string_view plural;  // In REST and in files.
  std::optional<ObjectKind> parent;
  std::string_view parent_field;  // In REST.
};

const KindFacts& facts_of(ObjectKind kind);
const KindFacts* find_kind(std::string_view plural);
const KindFacts* find_kind_named(std::string_view singular);
inline size_t index_of(ObjectKind kind) { return static_cast<size_t>(kind); }

// Without the children, which are objects of their own.
const std::vector<config::FieldNote>& fields_of_kind(ObjectKind kind);

// Where secrets stand in objects of that kind: "auth.token".
const std::vector<std::string>& secret_fields_of(ObjectKind kind);

// A field that names another object, by name and (with the suffix) by id.
struct ReferenceField {
  ObjectKind kind;
  std::string_view by_name;
  std::string_view by_id;
  bool is_list;
  ObjectKind to;
};
const std::vector<ReferenceField>& reference_fields();

using TypedConfig = std::variant<SettingsConfig, PolicyConfig, CredentialConfig, CollectionConfig,
                                 ProxyConfig, ClientConfig, ProfileConfig>;
// With every problem of a field by itself.
TypedConfig read_typed(ObjectKind kind, const config::ConfigNode& node,
                       config::Diagnostics& problems);

// The one settings object.
ObjectId settings_id();

}  // namespace zerq::control
