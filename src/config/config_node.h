// SPDX-License-Identifier: Apache-2.0
// ConfigNode: one value of a configuration document with its place and its path, as written: what a
// scalar means is decided by who reads it (config/field_list.h), under the YAML 1.2 core schema.
// A value type, made by config/config_reader.h. Control thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "text/json.h"

namespace zerq::config {

class ConfigNode {
 public:
  enum class Kind : uint8_t { kNull, kScalar, kList, kMap };
  struct Entry;

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::kNull; }
  const Place& place() const { return place_; }
  const std::string& path() const { return path_; }
  // kScalar: the text; whether it was quoted, so that 'true' stays a string.
  const std::string& scalar() const { return scalar_; }
  bool is_quoted() const { return is_quoted_; }
  // From JSON, where a number is no text.
  bool is_strict() const { return is_strict_; }
  const std::vector<ConfigNode>& items() const { return items_; }
  const std::vector<Entry>& entries() const { return entries_; }
  // kMap: null if the key is not there.
  const ConfigNode* find(std::string_view key) const;
  // What stands there, for messages: `"abc"`, `12`, `a list`.
  std::string shown() const;
  // The same value as JSON (core schema types).
  text::json::value to_json() const;
  // Appends bytes that two nodes share exactly if they say the same; places do not count.
  void append_content(std::string& to) const;

 private:
  friend class NodeBuilder;
  friend class JsonNodes;

  Kind kind_ = Kind::kNull;
  bool is_quoted_ = false;
  bool is_strict_ = false;
  Place place_;
  std::string path_;
  std::string scalar_;
  std::vector<ConfigNode> items_;
  std::vector<Entry> entries_;
};

struct ConfigNode::Entry {
  std::string key;
  Place place;
  ConfigNode value;
};

// Scalars of the YAML 1.2 core schema (§10.3.2); none where the text is something else.
std::optional<bool> parse_core_bool(std::string_view text) noexcept;
std::optional<int64_t> parse_core_int(std::string_view text) noexcept;
std::optional<double> parse_core_float(std::string_view text) noexcept;

}  // namespace zerq::config
