// SPDX-License-Identifier: Apache-2.0
#include "control/object_body.h"

#include <algorithm>
#include <charconv>

#include "text/base64url.h"

namespace zerq::control {
namespace {

using config::ConfigNode;
using config::FieldNote;
using config::FieldType;
using config::FieldUse;

constexpr std::array<std::string_view, 2> kOfEveryObject = {"id", "name"};

bool is_of_every_object(std::string_view name) {
  return std::ranges::find(kOfEveryObject, name) != kOfEveryObject.end();
}

bool is_by_name(ObjectKind kind, std::string_view name) {
  return std::ranges::any_of(reference_fields(), [&](const ReferenceField& field) {
    return field.kind == kind && field.by_name == name;
  });
}

json::object default_map(const std::vector<FieldNote>& notes);

json::value default_of(const FieldNote& note) {
  const std::string& initial = note.initial;
  switch (note.type) {
    case FieldType::kBool:
      return initial.empty() ? json::value(nullptr) : json::value(initial == "true");
    case FieldType::kNumber: {
      int64_t number = 0;
      std::from_chars(initial.data(), initial.data() + initial.size(), number);
      return initial.empty() ? json::value(nullptr) : json::value(number);
    }
    case FieldType::kTextList:
    case FieldType::kTextOrList:
    case FieldType::kMapList: return json::array();
    case FieldType::kMap:
      return note.has_defaults ? json::value(default_map(note.children)) : json::value(nullptr);
    case FieldType::kSecret: return json::object{{"set", false}, {"env", nullptr}};
    case FieldType::kAny: return nullptr;
    case FieldType::kText: break;
  }
  return initial.empty() ? json::value(nullptr) : json::value(initial);
}

bool is_stored(const FieldNote& note) {
  return note.use != FieldUse::kReadOnly && note.use != FieldUse::kRefused;
}

json::object default_map(const std::vector<FieldNote>& notes) {
  json::object map;
  for (const FieldNote& note : notes) {
    if (is_stored(note)) {
      map[note.name] = default_of(note);
    }
  }
  return map;
}

json::array texts_of(const ConfigNode& node) {
  json::array texts;
  if (node.kind() == ConfigNode::Kind::kScalar) {
    texts.emplace_back(node.scalar());
  }
  for (const ConfigNode& item : node.items()) {
    texts.emplace_back(item.scalar());
  }
  return texts;
}

class Canonical {
 public:
  explicit Canonical(SecretEdits& secrets) : secrets_(secrets) {}

  // In the order of the descriptions, so that equal objects are equal text.
  json::object map(const ConfigNode& node, const std::vector<FieldNote>& notes,
                   const std::string& before, bool is_top) {
    json::object body;
    for (const FieldNote& note : notes) {
      const ConfigNode* written = node.find(note.name);
      if (written == nullptr || !is_stored(note) || (is_top && is_of_every_object(note.name))) {
        continue;
      }
      json::value value = value_of(*written, note, before + note.name);
      const bool is_empty_map = note.has_defaults && value.is_object() && value.as_object().empty();
      if (!value.is_null() && !is_empty_map && (note.is_required || value != default_of(note))) {
        body[note.name] = std::move(value);
      }
    }
    return body;
  }

 private:
  json::value value_of(const ConfigNode& node, const FieldNote& note, const std::string& field) {
    if (node.is_null()) {
      if (note.type == FieldType::kSecret) {
        secrets_[field] = std::nullopt;
      }
      return nullptr;
    }
    switch (note.type) {
      case FieldType::kBool: return config::parse_core_bool(node.scalar()).value_or(false);
      case FieldType::kNumber: return config::parse_core_int(node.scalar()).value_or(0);
      case FieldType::kTextList:
      case FieldType::kTextOrList: return texts_of(node);
      case FieldType::kMap: return map(node, note.children, field + ".", false);
      case FieldType::kMapList: {
        json::array list;
        for (const ConfigNode& item : node.items()) {
          list.push_back(map(item, note.children, field + ".", false));
        }
        return list;
      }
      case FieldType::kSecret: return secret_of(node, field);
      case FieldType::kAny: return node.to_json();
      case FieldType::kText: break;
    }
    return json::value(node.scalar());
  }

  json::value secret_of(const ConfigNode& node, const std::string& field) {
    if (const ConfigNode* set = node.find("set")) {
      const ConfigNode* env = node.find("env");
      if (env != nullptr && !env->is_null()) {
        return json::object{{"env", env->scalar()}};
      }
      return set->scalar() == "true" ? json::value(json::object{{"set", true}})
                                     : json::value(nullptr);
    }
    if (const ConfigNode* value = node.find("value")) {
      secrets_[field] = value->scalar();
    } else if (const ConfigNode* encoded = node.find("base64url")) {
      secrets_[field] = text::decode_base64url(encoded->scalar()).value_or("");
    } else {
      return node.to_json();  // {env} or {file}.
    }
    return json::object{{"set", true}};
  }

  SecretEdits& secrets_;
};

// The map that holds the last part of `field`, and that part; null where a part is missing.
std::pair<json::object*, std::string_view> find_holder(json::object& body, std::string_view field) {
  json::object* holder = &body;
  for (size_t dot = field.find('.'); dot != std::string_view::npos; dot = field.find('.')) {
    json::value* inner = holder->if_contains(field.substr(0, dot));
    if (inner == nullptr || !inner->is_object()) {
      return {nullptr, field};
    }
    holder = &inner->as_object();
    field.remove_prefix(dot + 1);
  }
  return {holder, field};
}

const json::value* find_field(const json::object& body, std::string_view field) {
  // find_holder() changes nothing.
  const auto [holder, last] = find_holder(const_cast<json::object&>(body), field);
  return holder == nullptr ? nullptr : holder->if_contains(last);
}

bool is_stored_secret(const json::value* value) {
  return value != nullptr && value->is_object() && value->as_object().contains("set");
}

json::value shown_secret(const json::value* stored) {
  const json::value* env =
      stored == nullptr || !stored->is_object() ? nullptr : stored->as_object().if_contains("env");
  return json::object{{"set", stored != nullptr}, {"env", env == nullptr ? nullptr : *env}};
}

json::object shown_map(const json::object& body, const std::vector<FieldNote>& notes) {
  json::object shown;
  for (const FieldNote& note : notes) {
    if (!is_stored(note)) {
      continue;
    }
    const json::value* stored = body.if_contains(note.name);
    if (note.type == FieldType::kSecret) {
      shown[note.name] = shown_secret(stored);
    } else if (note.type == FieldType::kMap && note.has_defaults) {
      shown[note.name] =
          shown_map(stored == nullptr ? json::object() : stored->as_object(), note.children);
    } else {
      shown[note.name] = stored == nullptr ? default_of(note) : *stored;
    }
  }
  return shown;
}

}  // namespace

json::object make_canonical_body(ObjectKind kind, const ConfigNode& node, SecretEdits& secrets) {
  return Canonical(secrets).map(node, fields_of_kind(kind), "", true);
}

void keep_absent_secrets(ObjectKind kind, const json::object& old_body, const SecretEdits& secrets,
                         json::object& body) {
  const json::value* old_type = find_field(old_body, "auth.type");
  const json::value* type = find_field(body, "auth.type");
  const bool is_same_auth = old_type != nullptr && type != nullptr && *old_type == *type;
  for (const std::string& field : secret_fields_of(kind)) {
    const json::value* old_secret = find_field(old_body, field);
    if (old_secret == nullptr || secrets.contains(field) || find_field(body, field) != nullptr ||
        (field.starts_with("auth.") && !is_same_auth)) {
      continue;
    }
    const auto [holder, last] = find_holder(body, field);
    if (holder != nullptr) {
      (*holder)[last] = *old_secret;
    }
  }
}

std::vector<std::string> stored_secret_fields(ObjectKind kind, const json::object& body) {
  std::vector<std::string> fields;
  for (const std::string& field : secret_fields_of(kind)) {
    if (is_stored_secret(find_field(body, field))) {
      fields.push_back(field);
    }
  }
  return fields;
}

json::object make_shown_body(ObjectKind kind, const json::object& body) {
  json::object shown;
  for (auto& member : shown_map(body, fields_of_kind(kind))) {
    if (!is_of_every_object(member.key()) && !is_by_name(kind, member.key())) {
      shown[member.key()] = std::move(member.value());
    }
  }
  // A map of one of several shapes: what is not of its shape is not shown.
  if (const json::value* auth = body.if_contains("auth")) {
    json::object own = auth->as_object();
    for (const std::string& field : secret_fields_of(kind)) {
      const std::string last = field.substr(field.find('.') + 1);
      if (field.starts_with("auth.") && own.contains(last)) {
        own[last] = shown_secret(&own[last]);
      }
    }
    shown["auth"] = std::move(own);
  }
  if (kind == ObjectKind::kProxy && shown["target_path"].is_null()) {
    shown["target_path"] = shown["path"];
  }
  return shown;
}

json::object make_whole_body(const json::object& body, const Secrets& secrets,
                             std::string_view left_out) {
  json::object whole = body;
  for (const auto& [field, secret] : secrets) {
    const auto [holder, last] = find_holder(whole, field);
    if (holder != nullptr && field != left_out) {
      (*holder)[last] = json::object{{"base64url", text::to_base64url(as_bytes(secret))}};
    }
  }
  return whole;
}

void merge_patch(json::value& target, const json::value& patch) {
  if (!patch.is_object()) {
    target = patch;
    return;
  }
  if (!target.is_object()) {
    target = json::object();
  }
  json::object& into = target.as_object();
  for (const auto& member : patch.as_object()) {
    if (member.value().is_null()) {
      into.erase(member.key());
    } else {
      merge_patch(into[member.key()], member.value());
    }
  }
}

}  // namespace zerq::control
