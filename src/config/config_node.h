// SPDX-License-Identifier: Apache-2.0
// ConfigNode: one value of a declarative file with its place and its path. The only door to the
// YAML library, whose exceptions end here. YAML 1.2 core schema; duplicate keys, tags, `<<` and
// more than 10,000 expanded nodes are refused (semantics §2). Control thread.
#pragma once

#include <cstdint>
#include <memory>
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
  // kScalar: the text; whether it was quoted, so that "yes" and 'true' stay strings.
  const std::string& scalar() const { return scalar_; }
  bool is_quoted() const { return is_quoted_; }
  const std::vector<ConfigNode>& items() const { return items_; }
  const std::vector<Entry>& entries() const { return entries_; }
  // kMap: null if the key is not there.
  const ConfigNode* find(std::string_view key) const;
  // What stands there, for messages: `"abc"`, `12`, `a list`.
  std::string shown() const;
  // The same value as JSON (core schema types).
  text::json::value to_json() const;

  // Parses one file. Null after a syntax error, which is in `problems`.
  static std::unique_ptr<ConfigNode> parse(const std::string& file, const std::string& text,
                                           Diagnostics& problems);

 private:
  friend class NodeBuilder;
  Kind kind_ = Kind::kNull;
  Place place_;
  std::string path_;
  std::string scalar_;
  bool is_quoted_ = false;
  std::vector<ConfigNode> items_;
  std::vector<Entry> entries_;
};

struct ConfigNode::Entry {
  std::string key;
  Place place;
  ConfigNode value;
};

// Reads a whole file; none after a diagnostic that names it.
std::optional<std::string> read_file(const std::string& path, Diagnostics& problems);

}  // namespace zerq::config
