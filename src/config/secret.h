// SPDX-License-Identifier: Apache-2.0
// A secret field: {value}, {base64url}, {env}, {file} (semantics §3). What is env- or file-backed
// is read at each compile. A secret is never shown in a message.
#pragma once

#include <optional>
#include <string>

#include "config/config_node.h"
#include "config/field_list.h"

namespace zerq::config {

struct Secret {
  enum class Source : uint8_t { kNone, kValue, kEnvironment, kFile };
  Source source = Source::kNone;
  std::string text;  // The value, the name, or the path.
  Place place;
  std::string path;

  bool is_set() const { return source != Source::kNone; }
  // The bytes; none when the variable or the file is not there.
  std::optional<std::string> resolve() const;
};

void read_value(const ConfigNode& node, Secret& to, const FieldRules& rules, Diagnostics& problems);

// Names that {env} may not read: our own secrets (semantics §11).
bool is_reserved_environment_name(std::string_view name);

}  // namespace zerq::config
