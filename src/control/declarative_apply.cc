// SPDX-License-Identifier: Apache-2.0
#include "control/declarative_apply.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "config/config_reader.h"
#include "control/config_loader.h"
#include "control/object_identity.h"

namespace zerq::control {
namespace {

using config::ConfigNode;
using config::Diagnostics;

struct ApplyPlan {
  std::vector<ObjectEdit> edits;
  std::vector<store::AppliedRow> applied;
};

const std::string& text_of(const ConfigNode& map, std::string_view key) {
  static const std::string kNone;
  const ConfigNode* node = map.find(key);
  return node == nullptr ? kNone : node->scalar();
}

class Planner {
 public:
  Planner(LiveConfig& live, const ApplyRequest& request, Diagnostics& problems)
      : live_(live), state_(live.state()), request_(request), problems_(problems) {
    for (const auto& objects : state_->objects) {
      for (const auto& [id, object] : objects) {
        stored_.emplace(Name{object->kind, object->parent, object->name}, id);
      }
    }
  }

  // With errors in the problems the plan serves to find more of them.
  ApplyPlan plan() {
    GatewayConfig unused;  // Its reading tells every problem of a field.
    std::vector<std::unique_ptr<ConfigNode>> roots;
    for (const FileText& file : request_.files) {
      if (auto root = parse_config_text(file.name, file.text, problems_)) {
        read_gateway_config(*root, unused, problems_);
        roots.push_back(std::move(root));
      }
    }
    if (roots.size() != request_.files.size()) {
      return {};  // What the others refer to is not known.
    }
    for (const auto& root : roots) {
      add_document(*root);
    }
    resolve_references();
    return finish();
  }

 private:
  struct Name {
    ObjectKind kind;
    ObjectId parent;
    std::string name;
    friend auto operator<=>(const Name&, const Name&) = default;
  };
  using NameTable = std::map<Name, ObjectId>;

  void add_document(const ConfigNode& root) {
    if (const ConfigNode* settings = root.find("settings")) {
      add(ObjectKind::kSettings, *settings, ObjectId());
    }
    for (const ObjectKind kind : {ObjectKind::kPolicy, ObjectKind::kCredential}) {
      add_list(kind, root, ObjectId());
    }
    for (const auto& [parent, child] : {std::pair(ObjectKind::kCollection, ObjectKind::kProxy),
                                        std::pair(ObjectKind::kClient, ObjectKind::kProfile)}) {
      const ConfigNode* list = root.find(facts_of(parent).plural);
      if (list == nullptr) {
        continue;
      }
      lists_.emplace_back(parent, ObjectId());
      for (const ConfigNode& item : list->items()) {
        add_list(child, item, add(parent, item, ObjectId()));
      }
    }
  }

  void add_list(ObjectKind kind, const ConfigNode& owner, const ObjectId& parent) {
    if (const ConfigNode* list = owner.find(facts_of(kind).plural)) {
      lists_.emplace_back(kind, parent);
      for (const ConfigNode& item : list->items()) {
        add(kind, item, parent);
      }
    }
  }

  ObjectId add(ObjectKind kind, const ConfigNode& node, const ObjectId& parent) {
    ObjectEdit edit{.kind = kind, .parent = parent, .name = text_of(node, "name")};
    edit.id =
        kind == ObjectKind::kSettings ? settings_id() : identify(kind, node, parent, edit.name);
    edit.body = make_canonical_body(kind, node, edit.secrets);
    Diagnostics told_already;
    edit.as_written = read_typed(kind, node, told_already);
    const auto [first, is_new] = places_.emplace(std::pair(kind, edit.id), node.place());
    if (!is_new) {
      problems_.error(
          node.place(), node.path(),
          fmt::format("the {} \"{}\" a second time", facts_of(kind).singular, edit.name),
          "first at " + config::to_text(first->second));
    }
    written_.emplace(Name{kind, parent, edit.name}, edit.id);
    edits_.push_back(std::move(edit));
    return edits_.back().id;
  }

  // By id if one is written, else by name, else the id that the name always gets.
  ObjectId identify(ObjectKind kind, const ConfigNode& node, const ObjectId& parent,
                    const std::string& name) {
    const auto known_name = stored_.find(Name{kind, parent, name});
    const ObjectId* named = known_name == stored_.end() ? nullptr : &known_name->second;
    const ConfigNode* written = node.find("id");
    if (written == nullptr || written->is_null()) {
      return named != nullptr ? *named : derive_object_id(facts_of(kind).singular, parent, name);
    }
    const ObjectId id = ObjectId::parse(written->scalar()).value_or(ObjectId());
    if (named != nullptr && *named != id) {
      problems_.error(written->place(), written->path(),
                      fmt::format("the name \"{}\" belongs to {}", name, named->to_text()),
                      "that id, or another name");
    }
    const LiveObject* known = state_->find(kind, id);
    if (known != nullptr && known->parent != parent) {
      problems_.error(written->place(), written->path(),
                      fmt::format("the id {} belongs to the {} \"{}\" of another parent",
                                  id.to_text(), facts_of(kind).singular, known->name));
    }
    return id;
  }

  const ObjectId* find_name(ObjectKind kind, const ObjectId& parent, std::string_view name) const {
    const Name wanted{kind, parent, std::string(name)};
    for (const NameTable* table : {&written_, &stored_}) {
      if (const auto known = table->find(wanted); known != table->end()) {
        return &known->second;
      }
    }
    return nullptr;
  }

  // CLIENT/PROFILE for a profile. Null: there is none, and the compiler says so.
  const ObjectId* find_reference(ObjectKind kind, std::string_view name) const {
    if (kind != ObjectKind::kProfile) {
      return find_name(kind, ObjectId(), name);
    }
    const size_t slash = name.find('/');
    const ObjectId* client =
        slash == std::string_view::npos
            ? nullptr
            : find_name(ObjectKind::kClient, ObjectId(), name.substr(0, slash));
    return client == nullptr ? nullptr : find_name(kind, *client, name.substr(slash + 1));
  }

  void resolve_references() {
    for (ObjectEdit& edit : edits_) {
      for (const ReferenceField& field : reference_fields()) {
        const json::value* written =
            field.kind == edit.kind ? edit.body.if_contains(field.by_name) : nullptr;
        if (written == nullptr) {
          continue;
        }
        if (!field.is_list) {
          if (const ObjectId* id = find_reference(field.to, written->as_string())) {
            edit.body[field.by_id] = id->to_text();
          }
        } else {
          json::array ids = edit.body.contains(field.by_id) ? edit.body.at(field.by_id).as_array()
                                                            : json::array();
          for (const json::value& name : written->as_array()) {
            if (const ObjectId* id = find_reference(field.to, name.as_string())) {
              ids.emplace_back(id->to_text());
            }
          }
          edit.body[field.by_id] = std::move(ids);
        }
        edit.body.erase(field.by_name);
      }
    }
  }

  ApplyPlan finish() {
    ApplyPlan plan;
    const auto* memory = request_.source.empty() ? nullptr : &live_.applied_from(request_.source);
    for (ObjectEdit& edit : edits_) {
      if (memory != nullptr) {
        const std::string digest = live_.digest_of(edit);
        const auto known = memory->find(LiveConfig::applied_key(edit.kind, edit.id));
        if (known != memory->end() && known->second == digest) {
          continue;
        }
        plan.applied.push_back({.source = request_.source,
                                .kind = std::string(facts_of(edit.kind).singular),
                                .id = edit.id,
                                .digest = digest});
      }
      if (const LiveObject* old = state_->find(edit.kind, edit.id)) {
        keep_absent_secrets(edit.kind, old->body, edit.secrets, edit.body);
      }
      plan.edits.push_back(std::move(edit));
    }
    if (request_.must_prune) {
      prune(plan);
    }
    complete_deletes(*state_, plan.edits);
    return plan;
  }

  void prune(ApplyPlan& plan) const {
    for (const auto& [kind, parent] : lists_) {
      for (const auto& [id, object] : state_->all(kind)) {
        if (object->parent == parent && !places_.contains({kind, id})) {
          plan.edits.push_back({.kind = kind, .id = id, .parent = parent, .is_delete = true});
        }
      }
    }
  }

  LiveConfig& live_;
  ConfigStateRef state_;
  const ApplyRequest& request_;
  Diagnostics& problems_;
  NameTable stored_;
  NameTable written_;  // In the files.
  std::vector<ObjectEdit> edits_;
  std::map<std::pair<ObjectKind, ObjectId>, config::Place> places_;
  std::vector<std::pair<ObjectKind, ObjectId>> lists_;  // That the files contain, with parents.
};

}  // namespace

ConfigOutcome apply_files(io::Blocking token, LiveConfig& live, const ApplyRequest& request,
                          const ChangeOrigin& origin, bool is_dry_run) {
  Diagnostics problems;
  ApplyPlan plan = Planner(live, request, problems).plan();
  const bool is_invalid = problems.has_errors();
  ConfigOutcome outcome = live.commit(token, std::move(plan.edits), origin, std::move(plan.applied),
                                      is_dry_run || is_invalid);
  std::ranges::move(problems.sorted(), std::back_inserter(outcome.problems));
  std::ranges::sort(outcome.problems, {}, &config::Diagnostic::place);
  if (is_invalid) {
    outcome.status = ConfigOutcome::Status::kInvalid;
  }
  return outcome;
}

ObjectEdit edit_of(const LiveObject& object) {
  return {.kind = object.kind,
          .id = object.id,
          .parent = object.parent,
          .name = object.name,
          .body = object.body};
}

void complete_deletes(const ConfigState& state, std::vector<ObjectEdit>& edits) {
  std::set<ObjectId> gone;
  for (const ObjectEdit& edit : edits) {
    if (edit.is_delete) {
      gone.insert(edit.id);
    }
  }
  if (gone.empty()) {
    return;
  }
  for (const ObjectKind kind : {ObjectKind::kProxy, ObjectKind::kProfile}) {
    for (const auto& [id, object] : state.all(kind)) {
      if (gone.contains(object->parent) && !gone.contains(id)) {
        edits.push_back({.kind = kind, .id = id, .parent = object->parent, .is_delete = true});
      }
    }
  }
  for (const auto& [id, client] : state.all(ObjectKind::kClient)) {
    const bool is_edited = std::ranges::any_of(edits, [&](const ObjectEdit& edit) {
      return edit.kind == ObjectKind::kClient && edit.id == id;
    });
    const json::value* ids = client->body.if_contains("collection_ids");
    if (is_edited || ids == nullptr) {
      continue;
    }
    ObjectEdit edit = edit_of(*client);
    json::array left;
    for (const json::value& collection : ids->as_array()) {
      if (!gone.contains(ObjectId::parse(collection.as_string()).value_or(ObjectId()))) {
        left.push_back(collection);
      }
    }
    if (left.size() != ids->as_array().size()) {
      edit.body["collection_ids"] = std::move(left);
      edits.push_back(std::move(edit));
    }
  }
}

std::vector<FileText> read_files(std::span<const std::string> paths, Diagnostics& problems) {
  std::vector<FileText> files;
  for (const std::string& path : expand_paths(paths)) {
    if (std::optional<std::string> text = config::read_file(path, problems)) {
      files.push_back({.name = path, .text = *std::move(text)});
    }
  }
  return files;
}

}  // namespace zerq::control
