// SPDX-License-Identifier: Apache-2.0
// Who is who among the objects of one kind while a configuration is compiled (semantics §2, §3):
// names, ids, and duplicates with both places. An object without an id keeps the one that its name
// had in the previous revision, else gets one derived from kind, parent and name, so that a file
// means the same on every node. Control thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/object_id.h"
#include "config/field_list.h"
#include "control/flat_index.h"

namespace zerq::control {

using config::Placed;

// 1–100 characters, no control, no '/', not 24 hex digits (semantics §3).
bool is_object_name(std::string_view name);
ObjectId derive_object_id(std::string_view kind, const ObjectId& parent, std::string_view name);

// Reports what is no name.
void check_object_name(const Placed<std::string>& name, config::Diagnostics& problems);

// The objects with one name space, such as the clients, or the proxies of one collection. Borrows
// the names that it is given.
class NameIndex {
 public:
  // `kind` is a word for messages, and outlives the index.
  explicit NameIndex(std::string_view kind) : kind_(kind) {}

  void reserve(size_t count) {
    index_.reserve(count);
    entries_.reserve(count);
  }
  // False after a problem: the name is no name, or stands there already.
  bool add(const Placed<std::string>& name, size_t index, config::Diagnostics& problems);
  std::optional<size_t> find(std::string_view name) const;
  // "no policy "gild"; did you mean …".
  void report_unknown(const Placed<std::string>& name, config::Diagnostics& problems) const;

 private:
  struct Entry {
    const Placed<std::string>* name;
    size_t index;
  };
  std::optional<uint32_t> find_entry(std::string_view name) const;

  std::string_view kind_;
  std::vector<Entry> entries_;
  FlatIndex index_;
};

// The ids of one kind over all parents.
class IdIndex {
 public:
  explicit IdIndex(std::string_view kind) : kind_(kind) {}

  void reserve(size_t count) {
    index_.reserve(count);
    entries_.reserve(count);
  }
  // `written` is where it was given, `name` the object that has it.
  void add(const ObjectId& id, const Placed<ObjectId>& written, const Placed<std::string>& name,
           config::Diagnostics& problems);
  // How many were added before it.
  std::optional<size_t> find(const ObjectId& id) const;

 private:
  struct Entry {
    ObjectId id;
    const Placed<std::string>* name;
  };
  std::optional<uint32_t> find_entry(const ObjectId& id) const;

  std::string_view kind_;
  std::vector<Entry> entries_;
  FlatIndex index_;
};

}  // namespace zerq::control
