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

#include "config/config_node.h"
#include "config/diagnostic.h"
#include "config/field_note.h"
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
void note_value(const Placed<T>& initial, const FieldRules& rules, FieldNote& note) {
  note_value(initial.value, rules, note);
}
template <class T>
void note_value(const std::optional<T>& initial, const FieldRules& rules, FieldNote& note) {
  note_value(initial.value_or(T{}), rules, note);
  if (!initial.has_value()) {
    note.initial.clear();
  }
}
template <class T>
void note_value(const std::vector<Placed<T>>&, const FieldRules& rules, FieldNote& note) {
  note_value(T{}, rules, note);
  note.type = FieldType::kTextList;
  note.value = "list of " + note.value;
}

using Explain = std::function<void(FieldNote&)>;

// For fields with a reader of their own: what a value or a map of that type says of itself.
template <class M>
Explain explain_value(FieldRules rules, M initial = {}) {
  return [rules, initial](FieldNote& note) { note_value(initial, rules, note); };
}
inline Explain explain_text(std::string value, FieldType type = FieldType::kText) {
  return [value, type](FieldNote& note) {
    note.value = value;
    note.type = type;
  };
}
template <class M>
Explain explain_map(bool is_list = false, bool is_object = false);

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
    Explain explain;  // Null: nothing to say beyond the sentence.
    FieldUse use = FieldUse::kRead;
  };

  template <class M>
  FieldList& add(std::string name, M T::* member, std::string sentence, FieldRules rules = {}) {
    fields_.push_back({.name = std::move(name),
                       .sentence = std::move(sentence),
                       .is_required = rules.is_required,
                       .read =
                           [member, rules](const ConfigNode& node, T& into, Diagnostics& problems) {
                             read_value(node, into.*member, rules, problems);
                           },
                       .explain =
                           [member, rules](FieldNote& note) {
                             const T defaults{};
                             note_value(defaults.*member, rules, note);
                           }});
    return *this;
  }
  // A field that needs more than one member, or a shape of its own.
  FieldList& add(std::string name, std::string sentence, Read read, Explain explain,
                 bool is_required = false) {
    fields_.push_back({.name = std::move(name),
                       .sentence = std::move(sentence),
                       .is_required = is_required,
                       .read = std::move(read),
                       .explain = std::move(explain)});
    return *this;
  }
  // A member that is described itself, and a list of them.
  template <class M>
  FieldList& add_object(std::string name, M T::* member, std::string sentence) {
    return add(
        std::move(name), std::move(sentence),
        [member](const ConfigNode& node, T& into, Diagnostics& problems) {
          read_object(node, into.*member, problems);
        },
        [](FieldNote& note) {
          explain_map<M>()(note);
          note.has_defaults = true;
        });
  }
  template <class M>
  FieldList& add_objects(std::string name, std::vector<M> T::* member, std::string sentence) {
    return add(
        std::move(name), std::move(sentence),
        [member](const ConfigNode& node, T& into, Diagnostics& problems) {
          read_objects(node, into.*member, problems);
        },
        explain_map<M>(true));
  }
  // A map whose fields are members of this struct.
  FieldList& add_group(std::string name, std::string sentence, const FieldList& group) {
    return add(
        std::move(name), std::move(sentence),
        [group](const ConfigNode& node, T& into, Diagnostics& problems) {
          group.read(node, into, problems);
        },
        [group](FieldNote& note) {
          note.value = "map";
          note.type = FieldType::kMap;
          note.has_defaults = true;
          note.children = group.notes();
        });
  }
  // A read-only field of the management API: accepted and ignored in files (semantics §2).
  FieldList& ignore(std::string name) {
    fields_.push_back(
        {.name = std::move(name), .sentence = "Read-only; ignored.", .use = FieldUse::kReadOnly});
    return *this;
  }
  // A field of the product whose feature is not built yet: refused by name, never stored silently.
  FieldList& refuse_not_supported(std::string name) {
    fields_.push_back({.name = std::move(name),
                       .sentence = "Not supported yet.",
                       .read =
                           [](const ConfigNode& node, T&, Diagnostics& problems) {
                             problems.error(node.place(), node.path(), "not_supported",
                                            "leave it out: this release could not honour it");
                           },
                       .use = FieldUse::kRefused});
    return *this;
  }
  // Documentation for readers of the file: any value, without effect by design.
  FieldList& keep_without_effect(std::string name, std::string sentence) {
    fields_.push_back({.name = std::move(name),
                       .sentence = std::move(sentence),
                       .explain = [](FieldNote& note) { note.type = FieldType::kAny; },
                       .use = FieldUse::kKept});
    return *this;
  }
  // Accepted with a warning that it is not enforced.
  FieldList& accept_not_enforced(std::string name) {
    fields_.push_back({.name = std::move(name),
                       .sentence = "Accepted, not enforced yet.",
                       .read =
                           [](const ConfigNode& node, T&, Diagnostics& problems) {
                             problems.warning(node.place(), node.path(), std::string(kNotEnforced));
                           },
                       .explain = [](FieldNote& note) { note.type = FieldType::kAny; },
                       .use = FieldUse::kNotEnforced});
    return *this;
  }

  std::vector<FieldNote> notes() const {
    std::vector<FieldNote> notes;
    for (const Field& field : fields_) {
      FieldNote& note = notes.emplace_back(FieldNote{.name = field.name,
                                                     .sentence = field.sentence,
                                                     .use = field.use,
                                                     .is_required = field.is_required});
      if (field.explain != nullptr) {
        field.explain(note);
      }
    }
    return notes;
  }

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

// The struct's own description, made once.
template <class T>
const FieldList<T>& fields_of() {
  static const FieldList<T> kFields = [] {
    FieldList<T> fields;
    describe(fields);
    return fields;
  }();
  return kFields;
}

template <class T>
void read_object(const ConfigNode& node, T& into, Diagnostics& problems) {
  fields_of<T>().read(node, into, problems);
}

template <class M>
Explain explain_map(bool is_list, bool is_object) {
  return [is_list, is_object](FieldNote& note) {
    note.value = is_list ? "list of maps" : "map";
    note.type = is_list ? FieldType::kMapList : FieldType::kMap;
    note.is_list = is_list;
    note.is_object = is_object;
    note.children = fields_of<M>().notes();
  };
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
