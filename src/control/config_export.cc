// SPDX-License-Identifier: Apache-2.0
#include "control/config_export.h"

#include <algorithm>

#include "config/config_node.h"

namespace zerq::control {
namespace {

// Text that YAML would read as something else, or not at all, is quoted; JSON's quotes are YAML's.
bool is_plain(std::string_view text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '_';
  };
  const auto is_inner = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  return !text.empty() && is_letter(text[0]) && std::ranges::all_of(text, is_inner) &&
         !config::parse_core_bool(text).has_value() && text != "null" && text != "Null" &&
         text != "NULL";
}

void append_scalar(const json::value& value, std::string& to) {
  const json::string* text = value.if_string();
  to += text != nullptr && is_plain(*text) ? std::string(*text) : json::serialize(value);
}

// In block style; what is empty is written in flow style, since block style has no form for it.
void append_value(const json::value& value, size_t indent, std::string& to);

void append_map(const json::object& map, size_t indent, bool starts_on_line, std::string& to) {
  for (const auto& member : map) {
    to.append(starts_on_line ? 0 : indent, ' ');
    starts_on_line = false;
    append_scalar(json::value(member.key()), to);
    to += ':';
    append_value(member.value(), indent, to);
  }
}

bool is_empty(const json::value& value) {
  return (value.is_object() && value.as_object().empty()) ||
         (value.is_array() && value.as_array().empty());
}

void append_value(const json::value& value, size_t indent, std::string& to) {
  if (is_empty(value) || (!value.is_object() && !value.is_array())) {
    to += ' ';
    append_scalar(value, to);
    to += '\n';
  } else if (const json::object* map = value.if_object()) {
    to += '\n';
    append_map(*map, indent + 2, false, to);
  } else {
    to += '\n';
    for (const json::value& item : value.as_array()) {
      to.append(indent + 2, ' ');
      to += '-';
      if (item.is_object() && !is_empty(item)) {
        to += ' ';
        append_map(item.as_object(), indent + 4, true, to);
      } else {
        append_value(item, indent + 2, to);
      }
    }
  }
}

// CLIENT/PROFILE for a profile. Empty: it is not there, and the id stays.
std::string name_of(const ConfigState& state, ObjectKind kind, std::string_view id_text) {
  const LiveObject* object = state.find(kind, ObjectId::parse(id_text).value_or(ObjectId()));
  if (object == nullptr) {
    return "";
  }
  const LiveObject* parent = facts_of(kind).parent.has_value()
                                 ? state.find(*facts_of(kind).parent, object->parent)
                                 : nullptr;
  return parent == nullptr ? object->name : parent->name + "/" + object->name;
}

json::object exported(const ConfigState& state, const LiveObject& object) {
  json::object map;
  if (object.kind != ObjectKind::kSettings) {
    map["id"] = object.id.to_text();
    map["name"] = object.name;
  }
  for (const auto& member : object.body) {
    map[member.key()] = member.value();
  }
  for (const ReferenceField& field : reference_fields()) {
    const json::value* ids = field.kind == object.kind ? map.if_contains(field.by_id) : nullptr;
    if (ids == nullptr) {
      continue;
    }
    if (!field.is_list) {
      if (const std::string name = name_of(state, field.to, ids->as_string()); !name.empty()) {
        map[field.by_name] = name;
        map.erase(field.by_id);
      }
      continue;
    }
    json::array names;
    for (const json::value& id : ids->as_array()) {
      names.emplace_back(name_of(state, field.to, id.as_string()));
    }
    map[field.by_name] = std::move(names);
    map.erase(field.by_id);
  }
  return map;
}

json::array list_of(const ConfigState& state, ObjectKind kind, const ObjectId& parent) {
  std::vector<const LiveObject*> objects;
  for (const auto& [id, object] : state.all(kind)) {
    if (object->parent == parent) {
      objects.push_back(object.get());
    }
  }
  std::ranges::sort(objects, {}, &LiveObject::name);
  json::array list;
  for (const LiveObject* object : objects) {
    json::object map = exported(state, *object);
    for (size_t child = 0; child < kObjectKinds; ++child) {
      const KindFacts& facts = facts_of(static_cast<ObjectKind>(child));
      if (facts.parent == kind) {
        json::array children = list_of(state, facts.kind, object->id);
        if (!children.empty()) {
          map[facts.plural] = std::move(children);
        }
      }
    }
    list.push_back(std::move(map));
  }
  return list;
}

}  // namespace

std::string export_config(const ConfigState& state) {
  json::object document{{"version", 1}};
  if (const LiveObject* settings = state.find(ObjectKind::kSettings, settings_id())) {
    if (json::object map = exported(state, *settings); !map.empty()) {
      document["settings"] = std::move(map);
    }
  }
  for (const ObjectKind kind : {ObjectKind::kPolicy, ObjectKind::kCredential,
                                ObjectKind::kCollection, ObjectKind::kClient}) {
    if (json::array list = list_of(state, kind, ObjectId()); !list.empty()) {
      document[facts_of(kind).plural] = std::move(list);
    }
  }
  std::string text;
  append_map(document, 0, false, text);
  return text;
}

}  // namespace zerq::control
