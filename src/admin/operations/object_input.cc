// SPDX-License-Identifier: Apache-2.0
#include "admin/operations/object_input.h"

#include <algorithm>

#include "config/json_nodes.h"

namespace zerq::admin {
namespace {

namespace json = text::json;
using control::LiveObject;
using control::ObjectEdit;
using control::ObjectKind;

AdminReply invalid(const AdminRequest& request, std::vector<Problem> problems) {
  return problem_reply(request, 400, "validation_failed", "The object is not valid; see details.",
                       problems);
}

}  // namespace

std::optional<json::object> ObjectInput::read_body(bool may_be_empty) {
  if (may_be_empty && request_.body.empty()) {
    return json::object();
  }
  Result<json::value> body = text::parse_json(request_.body);
  if (!body.has_value()) {
    const bool is_duplicate = body.error().detail == "json_duplicate_member";
    refusal_ = invalid(
        request_, {{"", is_duplicate ? "a member stands there twice" : "not a JSON document"}});
    return std::nullopt;
  }
  if (!body->is_object()) {
    refusal_ = invalid(request_, {{"", "not a JSON object"}});
    return std::nullopt;
  }
  return body->as_object();
}

// A read-only field equal to the present value is ignored, so that GET → edit → PUT works.
void ObjectInput::drop_read_only(json::object& body, const LiveObject* object,
                                 std::vector<Problem>& problems) const {
  const json::object shown = object == nullptr ? json::object() : object_json(*object);
  for (const std::string_view name : {"created_at", "updated_at", "revision", "warnings"}) {
    const json::value* given = body.if_contains(name);
    if (given == nullptr) {
      continue;
    }
    const json::value* present = shown.if_contains(name);
    if (name != "warnings" && (present == nullptr || *present != *given)) {
      problems.push_back({"/" + std::string(name), "read-only; leave it out"});
    }
    body.erase(name);
  }
}

ObjectId ObjectInput::take_id(json::object& body, std::string_view field,
                              std::vector<Problem>& problems) const {
  const json::value* given = body.if_contains(field);
  ObjectId id;
  if (given != nullptr && !given->is_null()) {
    const std::optional<ObjectId> parsed =
        given->is_string() ? ObjectId::parse(given->as_string()) : std::nullopt;
    if (!parsed.has_value()) {
      problems.push_back({"/" + std::string(field), "24 lower-case hex digits"});
    }
    id = parsed.value_or(ObjectId());
  }
  body.erase(field);
  return id;
}

void ObjectInput::take_parent(json::object& body, const LiveObject* old, ObjectEdit& edit,
                              std::vector<Problem>& problems) const {
  const bool is_given = body.contains(kind_.parent_field);
  edit.parent = take_id(body, kind_.parent_field, problems);
  const std::string pointer = "/" + std::string(kind_.parent_field);
  if (old != nullptr && (!is_given || edit.parent == old->parent)) {
    edit.parent = old->parent;
  } else if (old != nullptr) {
    problems.push_back({pointer, "read-only; an object stays with its parent"});
  } else if (!is_given) {
    problems.push_back({pointer, "missing; the id of its " +
                                     std::string(control::facts_of(*kind_.parent).singular)});
  } else if (state_.find(*kind_.parent, edit.parent) == nullptr) {
    problems.push_back(
        {pointer, "no such " + std::string(control::facts_of(*kind_.parent).singular)});
  }
}

// CLIENT/PROFILE for a profile.
const LiveObject* ObjectInput::find_named(ObjectKind kind, std::string_view name) const {
  if (kind != ObjectKind::kProfile) {
    return state_.find_named(kind, ObjectId(), name);
  }
  const size_t slash = name.find('/');
  const LiveObject* client =
      slash == std::string_view::npos
          ? nullptr
          : state_.find_named(ObjectKind::kClient, ObjectId(), name.substr(0, slash));
  return client == nullptr ? nullptr : state_.find_named(kind, client->id, name.substr(slash + 1));
}

// References by name become references by id, where the name is known.
void ObjectInput::resolve_names(json::object& body) const {
  for (const control::ReferenceField& field : control::reference_fields()) {
    const json::value* written =
        field.kind == kind_.kind ? body.if_contains(field.by_name) : nullptr;
    if (written == nullptr || body.contains(field.by_id)) {
      continue;
    }
    json::array ids;
    const json::array names = written->is_array() ? written->as_array() : json::array{*written};
    for (const json::value& name : names) {
      const json::string* text = name.if_string();
      const LiveObject* found = text == nullptr ? nullptr : find_named(field.to, *text);
      if (found == nullptr) {
        return;  // The compiler tells it, with the names that are near.
      }
      ids.emplace_back(found->id.to_text());
    }
    body[field.by_id] = field.is_list ? json::value(std::move(ids)) : ids.front();
    body.erase(field.by_name);
  }
}

std::optional<ObjectEdit> ObjectInput::make_edit(json::object body, const LiveObject* old,
                                                 std::optional<ObjectId> id,
                                                 bool keeps_absent_secrets) {
  std::vector<Problem> problems;
  drop_read_only(body, old, problems);
  ObjectEdit edit{.kind = kind_.kind};
  const ObjectId given_id = take_id(body, "id", problems);
  edit.id = id.value_or(given_id);
  if (id.has_value() && given_id.is_set() && given_id != *id) {
    problems.push_back({"/id", "not the id of the path; leave it out"});
  }
  if (kind_.parent.has_value()) {
    take_parent(body, old, edit, problems);
  }
  if (kind_.kind == ObjectKind::kProxy && old != nullptr) {
    // Shown where it is not set; it follows the path while it is the same.
    const json::value* target = body.if_contains("target_path");
    const json::value* path = body.if_contains("path");
    if (target != nullptr && path != nullptr && *target == *path &&
        !old->body.contains("target_path")) {
      body.erase("target_path");
    }
  }
  for (auto it = body.begin(); it != body.end();) {
    it = it->value().is_null() && !is_secret(it->key()) ? body.erase(it) : it + 1;
  }
  resolve_names(body);
  const config::ConfigNode node = config::make_node(body, std::string(kind_.singular));
  config::Diagnostics found;
  if (kind_.kind == ObjectKind::kCollection || kind_.kind == ObjectKind::kClient) {
    for (const std::string_view children : {"proxies", "profiles"}) {
      if (body.contains(children)) {
        problems.push_back(
            {"/" + std::string(children),
             "objects of their own; write them to /api/v1/" + std::string(children)});
      }
    }
  }
  static_cast<void>(control::read_typed(kind_.kind, node, found));
  std::ranges::move(problems_of(found.sorted(), false), std::back_inserter(problems));
  if (!problems.empty()) {
    const bool is_unsupported = problems[0].message.starts_with("not_supported");
    refusal_ = problem_reply(request_, 400, is_unsupported ? "not_supported" : "validation_failed",
                             is_unsupported ? "This release could not honour it."
                                            : "The object is not valid; see details.",
                             problems);
    return std::nullopt;
  }
  if (const json::value* name = body.if_contains("name"); name != nullptr && name->is_string()) {
    edit.name = name->as_string();
  }
  edit.body = control::make_canonical_body(kind_.kind, node, edit.secrets);
  if (old != nullptr && keeps_absent_secrets) {
    control::keep_absent_secrets(kind_.kind, old->body, edit.secrets, edit.body);
  }
  const LiveObject* named = state_.find_named(kind_.kind, edit.parent, edit.name);
  if (kind_.kind != ObjectKind::kSettings && named != nullptr &&
      (old == nullptr || named->id != old->id)) {
    refusal_ = problem_reply(request_, 409, "name_taken", "Another object has this name.",
                             {{"/name", "taken by " + named->id.to_text()}});
    return std::nullopt;
  }
  return edit;
}

bool ObjectInput::is_secret(std::string_view field) const {
  return std::ranges::find(control::secret_fields_of(kind_.kind), field) !=
         control::secret_fields_of(kind_.kind).end();
}

json::object ObjectInput::patched(const LiveObject& object, const json::object& patch) const {
  json::object whole = object.body;
  if (kind_.kind != ObjectKind::kSettings) {
    whole["name"] = object.name;
  }
  const json::value* auth = patch.if_contains("auth");
  if (auth != nullptr && auth->is_object() && whole.contains("auth")) {
    const json::value* type = auth->as_object().if_contains("type");
    json::object& own = whole["auth"].as_object();
    if (type != nullptr && *type != own["type"]) {
      own.clear();
    }
    for (const auto& member : auth->as_object()) {
      if (is_secret("auth." + std::string(member.key()))) {
        own.erase(member.key());
      }
    }
  }
  for (const auto& member : patch) {
    if (is_secret(member.key())) {
      whole.erase(member.key());
    }
  }
  json::value target = std::move(whole);
  control::merge_patch(target, patch);
  return target.as_object();
}

}  // namespace zerq::admin
