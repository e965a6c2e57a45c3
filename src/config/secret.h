// SPDX-License-Identifier: Apache-2.0
// A secret field: {value}, {base64url}, {env}, {file} (semantics §3), or {set: true}: what is
// stored already is kept. What is env- or file-backed is read at each compile. A secret is never
// shown in a message.
#pragma once

#include <optional>
#include <string>

#include "config/config_node.h"
#include "config/field_list.h"

namespace zerq::config {

struct Secret {
  enum class Source : uint8_t { kNone, kValue, kEnvironment, kFile, kStored };
  Source source = Source::kNone;
  std::string text;  // The value, the name, or the path.
  Place place;
  std::string path;

  bool is_set() const { return source != Source::kNone; }
  // Something stands there that is no secret; it was reported when it was read.
  bool was_refused() const { return !is_set() && place.line != 0; }
  // Kept outside of the configuration, so that it can change or be missing without it.
  bool is_external() const { return source == Source::kEnvironment || source == Source::kFile; }
  // The bytes; none when they are not there, or only the store has them. Blocks on {file}.
  std::optional<std::string> resolve() const;
};

void read_value(const ConfigNode& node, Secret& to, const FieldRules& rules, Diagnostics& problems);
void note_value(const Secret& initial, const FieldRules& rules, FieldNote& note);

// The name of an environment variable that {env} may read: not our own secrets (semantics §11).
bool check_environment_name(const ConfigNode& node, Diagnostics& problems);
std::optional<std::string> read_environment(const std::string& name);

}  // namespace zerq::config
