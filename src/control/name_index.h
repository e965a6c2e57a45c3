// SPDX-License-Identifier: Apache-2.0
// Names and ids of one kind of object while a configuration is compiled: every object gets an id
// (its own, or one derived from kind, parent and name, so that a file means the same everywhere),
// and duplicates are reported with both places. Control thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/object_id.h"
#include "config/field_list.h"

namespace zerq::control {

// 1–100 characters, no control, no '/', not 24 hex digits (semantics §3).
bool is_object_name(std::string_view name);

class NameIndex {
 public:
  explicit NameIndex(std::string kind) : kind_(std::move(kind)) {}

  // Index of the object among its kind, by name within `parent`.
  ObjectId add(const config::Placed<ObjectId>& id, const config::Placed<std::string>& name,
               std::string_view parent, size_t index, config::Diagnostics& problems);
  std::optional<size_t> find(std::string_view parent, std::string_view name) const;
  std::optional<size_t> find(const ObjectId& id) const;
  // "unknown policy "gild"; did you mean …".
  void report_unknown(const config::Placed<std::string>& name, config::Diagnostics& problems) const;

 private:
  struct Entry {
    size_t index;
    config::Place place;
  };
  std::string kind_;
  std::map<std::pair<std::string, std::string>, Entry> by_name_;
  std::map<ObjectId, Entry> by_id_;
};

}  // namespace zerq::control
