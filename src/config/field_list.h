// SPDX-License-Identifier: Apache-2.0
// One description per field drives parsing, validation and the reference page: name, member,
// bounds, one sentence. A config struct offers `void describe(FieldList<X>& fields)`; reading a map
// with it reports every unknown key, missing field and bad value, and goes on.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ip_address.h"
#include "base/object_id.h"
#include "config/config_node.h"
#include "config/diagnostic.h"
#include "config/nearest_name.h"

namespace zerq::config {

inline constexpr std::string_view kNotEnforced = "not enforced in this release";

// A value with the place where it was written, for messages of later checks.
template <class T>
struct Placed {
  T value{};
  Place place;
  std::string path;

  bool is_set() const { return place.line != 0; }
};

struct FieldRules {
  bool is_required = false;
  int64_t min = 0;
  int64_t max = INT64_MAX;
  size_t bytes_max = 4096;
  std::vector<std::string> choices;  // Empty: any text.
  std::vector<std::string> later;  // Choices that are not built yet: refused with not_supported.
};

// Each reports what does not fit and leaves the member as it was.
void read_value(const ConfigNode& node, std::string& to, const FieldRules& rules,
                Diagnostics& problems);
void read_value(const ConfigNode& node, bool& to, const FieldRules& rules, Diagnostics& problems);
void read_value(const ConfigNode& node, int64_t& to, const FieldRules& rules,
                Diagnostics& problems);
void read_value(const ConfigNode& node, uint64_t& to, const FieldRules& rules,
                Diagnostics& problems);
void read_value(const ConfigNode& node, uint32_t& to, const FieldRules& rules,
                Diagnostics& problems);
// "90s", "5m", "1h", "7d": ^[1-9][0-9]*(s|m|h|d)$; bounds in seconds.
void read_value(const ConfigNode& node, Duration& to, const FieldRules& rules,
                Diagnostics& problems);
void read_value(const ConfigNode& node, ObjectId& to, const FieldRules& rules,
                Diagnostics& problems);
void read_value(const ConfigNode& node, CidrSet& to, const FieldRules& rules,
                Diagnostics& problems);
void read_value(const ConfigNode& node, std::vector<std::string>& to, const FieldRules& rules,
                Diagnostics& problems);
void read_value(const ConfigNode& node, text::json::value& to, const FieldRules& rules,
                Diagnostics& problems);

template <class T>
void read_value(const ConfigNode& node, Placed<T>& to, const FieldRules& rules,
                Diagnostics& problems) {
  to.place = node.place();
  to.path = node.path();
  read_value(node, to.value, rules, problems);
}
template <class T>
void read_value(const ConfigNode& node, std::optional<T>& to, const FieldRules& rules,
                Diagnostics& problems) {
  if (!node.is_null()) {
    T value{};
    read_value(node, value, rules, problems);
    to = std::move(value);
  }
}
template <class T>
void read_value(const ConfigNode& node, std::vector<Placed<T>>& to, const FieldRules& rules,
                Diagnostics& problems) {
  if (node.kind() != ConfigNode::Kind::kList) {
    problems.error(node.place(), node.path(), node.shown(), "a list");
    return;
  }
  to.clear();
  for (const ConfigNode& item : node.items()) {
    read_value(item, to.emplace_back(), rules, problems);
  }
}

template <class T>
void read_object(const ConfigNode& node, T& into, Diagnostics& problems);
template <class T>
void read_objects(const ConfigNode& node, std::vector<T>& to, Diagnostics& problems);

template <class T>
class FieldList {
 public:
  using Read = std::function<void(const ConfigNode&, T&, Diagnostics&)>;
  struct Field {
    std::string name;
    std::string sentence;
    bool is_required = false;
    Read read;  // Null: accepted and ignored.
  };

  template <class M>
  FieldList& add(std::string name, M T::* member, std::string sentence, FieldRules rules = {}) {
    fields_.push_back({std::move(name), std::move(sentence), rules.is_required,
                       [member, rules](const ConfigNode& node, T& into, Diagnostics& problems) {
                         read_value(node, into.*member, rules, problems);
                       }});
    return *this;
  }
  // A field that needs more than one member, or a shape of its own.
  FieldList& add(std::string name, std::string sentence, Read read, bool is_required = false) {
    fields_.push_back({std::move(name), std::move(sentence), is_required, std::move(read)});
    return *this;
  }
  // A member that is described itself, and a list of them.
  template <class M>
  FieldList& add_object(std::string name, M T::* member, std::string sentence,
                        bool is_required = false) {
    return add(
        std::move(name), std::move(sentence),
        [member](const ConfigNode& node, T& into, Diagnostics& problems) {
          read_object(node, into.*member, problems);
        },
        is_required);
  }
  template <class M>
  FieldList& add_objects(std::string name, std::vector<M> T::* member, std::string sentence) {
    return add(std::move(name), std::move(sentence),
               [member](const ConfigNode& node, T& into, Diagnostics& problems) {
                 read_objects(node, into.*member, problems);
               });
  }
  // A read-only field of the management API: accepted and ignored in files (semantics §2).
  FieldList& ignore(std::string name) {
    fields_.push_back({std::move(name), "Read-only; ignored.", false, nullptr});
    return *this;
  }
  // A field of the product whose feature is not built yet: refused by name, never stored silently.
  FieldList& refuse_not_supported(std::string name) {
    fields_.push_back(
        {name, "Not supported yet.", false, [](const ConfigNode& node, T&, Diagnostics& problems) {
           problems.error(node.place(), node.path(), "not_supported",
                          "leave it out: this release could not honour it");
         }});
    return *this;
  }
  // Documentation for readers of the file: any value, without effect by design.
  FieldList& keep_without_effect(std::string name, std::string sentence) {
    fields_.push_back({std::move(name), std::move(sentence), false, nullptr});
    return *this;
  }
  // Accepted with a warning that it is not enforced.
  FieldList& accept_not_enforced(std::string name) {
    fields_.push_back({name, "Accepted, not enforced yet.", false,
                       [](const ConfigNode& node, T&, Diagnostics& problems) {
                         problems.warning(node.place(), node.path(), std::string(kNotEnforced));
                       }});
    return *this;
  }

  const std::vector<Field>& fields() const { return fields_; }

  void read(const ConfigNode& map, T& into, Diagnostics& problems) const {
    if (map.kind() != ConfigNode::Kind::kMap) {
      problems.error(map.place(), map.path(), map.shown(), "a map");
      return;
    }
    for (const ConfigNode::Entry& entry : map.entries()) {
      const Field* field = find(entry.key);
      if (field == nullptr) {
        problems.error(entry.place, entry.value.path(), "unknown field", "",
                       nearest_name(entry.key, names()).value_or(""));
      } else if (field->read != nullptr) {
        field->read(entry.value, into, problems);
      }
    }
    for (const Field& field : fields_) {
      if (field.is_required && map.find(field.name) == nullptr) {
        problems.error(map.place(), map.path().empty() ? field.name : map.path() + "." + field.name,
                       "missing", field.sentence);
      }
    }
  }

 private:
  const Field* find(std::string_view name) const {
    for (const Field& field : fields_) {
      if (field.name == name) {
        return &field;
      }
    }
    return nullptr;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const Field& field : fields_) {
      names.push_back(field.name);
    }
    return names;
  }

  std::vector<Field> fields_;
};

// Reads a map by the struct's own description, which is made once.
template <class T>
void read_object(const ConfigNode& node, T& into, Diagnostics& problems) {
  static const FieldList<T> kFields = [] {
    FieldList<T> fields;
    describe(fields);
    return fields;
  }();
  kFields.read(node, into, problems);
}

// Reads a list of maps, behind what is there already.
template <class T>
void read_objects(const ConfigNode& node, std::vector<T>& to, Diagnostics& problems) {
  if (node.kind() != ConfigNode::Kind::kList) {
    problems.error(node.place(), node.path(), node.shown(), "a list");
    return;
  }
  to.reserve(to.size() + node.items().size());
  for (const ConfigNode& item : node.items()) {
    read_object(item, to.emplace_back(), problems);
  }
}

}  // namespace zerq::config
