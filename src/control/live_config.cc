// SPDX-License-Identifier: Apache-2.0
#include "control/live_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "auth/opaque_token.h"
#include "config/json_nodes.h"
#include "control/config_assembly.h"
#include "control/snapshot_compiler.h"
#include "control/snapshot_publisher.h"
#include "control/token_hashes.h"

namespace zerq::control {
namespace {

constexpr Duration kPublishMax = std::chrono::seconds(5);

std::string label_of(ObjectKind kind, const std::string& name) {
  return name.empty() ? std::string(facts_of(kind).singular)
                      : fmt::format("{} \"{}\"", facts_of(kind).singular, name);
}

// Sealed bytes open only where they were sealed.
std::string place_of(std::string_view kind, const ObjectId& id, std::string_view field) {
  return fmt::format("{}/{}/{}", kind, id.to_text(), field);
}

store::ObjectRow row_of(const LiveObject& object) {
  return {.kind = std::string(facts_of(object.kind).singular),
          .id = object.id,
          .parent = object.parent,
          .name = object.name,
          .body = json::serialize(object.body),
          .created_us = object.created_us,
          .updated_us = object.updated_us,
          .revision = object.revision};
}

bool is_same(const LiveObject& a, const LiveObject& b) {
  return a.parent == b.parent && a.name == b.name && a.body == b.body && a.secrets == b.secrets;
}

// As ConfigOutcome::changes has them. A body has no secrets: that one changed is all that is told.
json::object change_note(const LiveObject* before, const LiveObject* after) {
  const LiveObject& known = after != nullptr ? *after : *before;
  json::object note{{"op", before == nullptr  ? "create"
                           : after == nullptr ? "delete"
                                              : "update"},
                    {"kind", std::string(facts_of(known.kind).singular)},
                    {"id", known.id.to_text()},
                    {"name", known.name}};
  json::array fields;
  const auto add = [&fields](std::string_view field, json::value from, json::value to) {
    if (from != to) {
      fields.push_back(json::object{
          {"field", std::string(field)}, {"from", std::move(from)}, {"to", std::move(to)}});
    }
  };
  if (before != nullptr && after != nullptr) {
    add("name", json::value(before->name), json::value(after->name));
    for (const config::FieldNote& field : fields_of_kind(known.kind)) {
      const json::value* was = before->body.if_contains(field.name);
      const json::value* is = after->body.if_contains(field.name);
      add(field.name, was == nullptr ? nullptr : *was, is == nullptr ? nullptr : *is);
    }
    if (before->secrets != after->secrets) {
      add("secrets", "(kept)", "(changed)");
    }
  }
  note["fields"] = std::move(fields);
  return note;
}

}  // namespace

const LiveObject* ConfigState::find(ObjectKind kind, const ObjectId& id) const {
  const auto it = all(kind).find(id);
  return it == all(kind).end() ? nullptr : it->second.get();
}

const LiveObject* ConfigState::find_named(ObjectKind kind, const ObjectId& parent,
                                          std::string_view name) const {
  for (const auto& [id, object] : all(kind)) {
    if (object->name == name && object->parent == parent) {
      return object.get();
    }
  }
  return nullptr;
}

LiveConfig::LiveConfig(std::unique_ptr<store::ConfigDatabase> database, Parts parts)
    : database_(std::move(database)),
      parts_(std::move(parts)),
      state_(std::make_shared<ConfigState>()) {}
LiveConfig::~LiveConfig() = default;

ConfigStateRef LiveConfig::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

std::shared_ptr<const CompiledSnapshot> LiveConfig::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

SettingsConfig LiveConfig::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

std::vector<config::Diagnostic> LiveConfig::warnings() const {
  const std::lock_guard lock(mutex_);
  return warnings_;
}

std::map<std::string, size_t> LiveConfig::secrets_by_key() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, size_t> count;
  for (const auto& [place, key_id] : sealed_by_) {
    ++count[key_id];
  }
  return count;
}

std::string LiveConfig::applied_key(ObjectKind kind, const ObjectId& id) {
  return fmt::format("{}/{}", facts_of(kind).singular, id.to_text());
}

const std::map<std::string, std::string>& LiveConfig::applied_from(const std::string& source) {
  return applied_[source];
}

crypto::Digest256 LiveConfig::hash_token(std::string_view opaque_token) const {
  return auth::OpaqueTokenHasher(parts_.token_key).hash(opaque_token);
}

std::string LiveConfig::digest_of(const ObjectEdit& edit) const {
  LiveObject object{.kind = edit.kind, .id = edit.id, .parent = edit.parent, .name = edit.name};
  object.body = edit.body;
  for (const auto& [field, secret] : edit.secrets) {
    object.secrets[field] = secret.value_or("");
  }
  return std::string(
      as_text(Bytes(crypto::hmac_sha256(parts_.token_key, as_bytes(content_of(object))))));
}

store::StartResult<std::vector<config::Diagnostic>> LiveConfig::load(io::Blocking token) {
  Result<store::ConfigRows> rows = database_->load(token);
  if (!rows.has_value()) {
    return store::cannot_start(fmt::format("config.db: {}", rows.error().detail));
  }
  std::map<std::pair<std::string, ObjectId>, Secrets> secrets;
  std::map<std::string, std::string> sealed_by;
  for (const store::SecretRow& row : rows->secrets) {
    const crypto::SealingKey* key = parts_.keys.find(row.key_id);
    if (key == nullptr) {
      return store::cannot_start(
          fmt::format("config.db: its secrets need the encryption key {}, the first one here is "
                      "{}; give it as ENCRYPTION_KEY or restore `encryption-key`",
                      row.key_id, parts_.keys.first().id()));
    }
    std::optional<std::string> secret =
        key->open(row.sealed, place_of(row.kind, row.id, row.field));
    if (!secret.has_value()) {
      return store::cannot_start(fmt::format(
          "config.db: a secret of {} {} is damaged; restore a backup", row.kind, row.id.to_text()));
    }
    secrets[{row.kind, row.id}][row.field] = *std::move(secret);
    sealed_by[place_of(row.kind, row.id, row.field)] = row.key_id;
  }
  auto state = std::make_shared<ConfigState>();
  state->revision = rows->revision;
  config::Diagnostics problems;
  for (store::ObjectRow& row : rows->objects) {
    const KindFacts* kind = find_kind_named(row.kind);
    const Result<json::value> body = text::parse_json(row.body);
    if (kind == nullptr || !body.has_value() || !body->is_object()) {
      return store::cannot_start(fmt::format("config.db: the {} {} is unreadable; restore a backup",
                                             row.kind, row.id.to_text()));
    }
    auto object =
        std::make_shared<LiveObject>(LiveObject{.kind = kind->kind,
                                                .id = row.id,
                                                .parent = row.parent,
                                                .name = row.name,
                                                .body = body->as_object(),
                                                .secrets = std::move(secrets[{row.kind, row.id}]),
                                                .created_us = row.created_us,
                                                .updated_us = row.updated_us,
                                                .revision = row.revision});
    set_typed(*object, std::nullopt, problems);
    state->objects[index_of(kind->kind)][row.id] = std::move(object);
  }
  for (const store::AppliedRow& row : rows->applied) {
    applied_[row.source][row.kind + "/" + row.id.to_text()] = row.digest;
  }
  Compiled compiled = compile(*state, problems);
  for (const config::Diagnostic& problem : problems.sorted()) {
    if (!problem.is_warning) {
      return store::cannot_start("config.db: " + config::to_line(problem));
    }
  }
  {
    const std::lock_guard lock(mutex_);
    state_ = std::move(state);
    sealed_by_ = std::move(sealed_by);
  }
  publish(std::move(compiled));
  return problems.sorted();
}

void LiveConfig::serve_with(SnapshotPublisher& publisher) {
  const WriteLock writes = lock_writes();
  publisher_ = &publisher;
  publisher.publish(snapshot(), kPublishMax);
}

void LiveConfig::serve_no_more() {
  const WriteLock writes = lock_writes();
  publisher_ = nullptr;
}

LiveConfig::Compiled LiveConfig::compile(const ConfigState& state,
                                         config::Diagnostics& problems) const {
  Compiled compiled{.config = assemble(state)};
  const SnapshotRef previous = snapshot();
  compiled.snapshot = compile_snapshot(compiled.config, state.revision,
                                       {.targets = parts_.targets,
                                        .windows = parts_.windows,
                                        .token_key = parts_.token_key,
                                        .previous = previous.get()},
                                       problems);
  compiled.warnings = problems.sorted();
  return compiled;
}

bool LiveConfig::publish(Compiled compiled) {
  parts_.on_compiled(compiled.config);
  {
    const std::lock_guard lock(mutex_);
    snapshot_ = compiled.snapshot;
    settings_ = compiled.config.settings;
    warnings_ = std::move(compiled.warnings);
  }
  return publisher_ == nullptr || publisher_->publish(std::move(compiled.snapshot), kPublishMax);
}

// A given token becomes its hash: the token itself is never stored.
void LiveConfig::take_token(const ObjectEdit& edit, LiveObject& object,
                            config::Diagnostics& problems) const {
  const std::string field(kTokenField);
  const auto given = object.secrets.find(field);
  if (given == object.secrets.end() || !edit.secrets.contains(field) || edit.has_token_hashes) {
    return;
  }
  if (!auth::is_opaque_token(given->second)) {
    if (!edit.as_written.has_value()) {  // The compiler tells it, with its place.
      problems.error({.file = label_of(object.kind, object.name), .line = 1, .column = 1},
                     std::string(kTokenField), "not an opaque token",
                     "zerq_tok_ and at least 43 of A–Z a–z 0–9 _ -");
    }
    object.secrets.erase(given);
    return;
  }
  given->second = write_token_hashes({{.hash = hash_token(given->second)}});
}

void LiveConfig::set_typed(LiveObject& object, std::optional<TypedConfig> as_written,
                           config::Diagnostics& problems) const {
  const std::string label = label_of(object.kind, object.name);
  if (as_written.has_value()) {
    object.typed = *std::move(as_written);
    // Children are objects of their own.
    if (auto* collection = std::get_if<CollectionConfig>(&object.typed)) {
      collection->proxies.clear();
    } else if (auto* client = std::get_if<ClientConfig>(&object.typed)) {
      client->profiles.clear();
    }
  } else {
    json::object whole = make_whole_body(object.body, object.secrets, kTokenField);
    if (object.kind != ObjectKind::kSettings) {
      whole["name"] = object.name;
    }
    object.typed = read_typed(object.kind, config::make_node(whole, label), problems);
  }
  const ContentDigest content = crypto::sha256(as_bytes(content_of(object)));
  std::visit(
      [&](auto& typed) {
        using T = std::decay_t<decltype(typed)>;
        if constexpr (std::is_base_of_v<ObjectFields, T>) {
          typed.content = content;
          if (!typed.id.is_set()) {
            typed.id = {
                .value = object.id, .place = {.file = label, .line = 1, .column = 1}, .path = "id"};
          }
        }
        if constexpr (std::is_same_v<T, ProfileConfig>) {
          const auto token = object.secrets.find(std::string(kTokenField));
          if (token != object.secrets.end()) {
            typed.auth.token_hashes = read_token_hashes(token->second);
          }
        }
      },
      object.typed);
}

LiveObjectRef LiveConfig::make_object(const ObjectEdit& edit, const LiveObject* old,
                                      uint64_t revision, config::Diagnostics& problems) const {
  const int64_t now_us = parts_.clock.wall_now().us;
  auto object = std::make_shared<LiveObject>(
      LiveObject{.kind = edit.kind,
                 .id = edit.id,
                 .parent = edit.parent,
                 .name = edit.name,
                 .body = edit.body,
                 .created_us = old == nullptr ? now_us : old->created_us,
                 .updated_us = now_us,
                 .revision = revision});
  for (const std::string& field : stored_secret_fields(edit.kind, edit.body)) {
    const auto given = edit.secrets.find(field);
    if (given != edit.secrets.end() && given->second.has_value()) {
      object->secrets[field] = *given->second;
    } else if (old != nullptr && old->secrets.contains(field)) {
      object->secrets[field] = old->secrets.at(field);
    } else {
      problems.error({.file = label_of(edit.kind, edit.name), .line = 1, .column = 1}, field,
                     "{set: true}",
                     "no secret is stored here that could be kept: {value: …}, {base64url: …}, "
                     "{env: NAME} or {file: PATH}");
    }
  }
  take_token(edit, *object, problems);
  set_typed(*object, edit.as_written, problems);
  return object;
}

std::vector<store::SecretRow> LiveConfig::seal_all(const LiveObject& object,
                                                   const LiveObject* old) const {
  const crypto::SealingKey& key = parts_.keys.first();
  const std::string kind(facts_of(object.kind).singular);
  std::vector<store::SecretRow> rows;
  for (const auto& [field, secret] : object.secrets) {
    if (old != nullptr && old->secrets.contains(field) && old->secrets.at(field) == secret) {
      continue;
    }
    rows.push_back({.kind = kind,
                    .id = object.id,
                    .field = field,
                    .key_id = key.id(),
                    .sealed = key.seal(secret, place_of(kind, object.id, field))});
  }
  if (old != nullptr) {
    for (const auto& [field, secret] : old->secrets) {
      if (!object.secrets.contains(field)) {
        rows.push_back({.kind = kind, .id = object.id, .field = field});
      }
    }
  }
  return rows;
}

// One commit while it is made.
struct LiveConfig::Draft {
  ConfigStateRef before;
  ConfigState next;
  config::Diagnostics problems;
  store::ConfigCommit rows;
  ConfigOutcome outcome;

  bool is_changed() const { return !rows.puts.empty() || !rows.deletes.empty(); }
};

void LiveConfig::take_edit(const ObjectEdit& edit, Draft& draft) const {
  auto& objects = draft.next.objects[index_of(edit.kind)];
  const LiveObject* old = draft.before->find(edit.kind, edit.id);
  if (edit.is_delete) {
    if (old != nullptr) {
      draft.rows.deletes.push_back(row_of(*old));
      draft.outcome.changes.push_back(change_note(old, nullptr));
      objects.erase(edit.id);
    }
    return;
  }
  const LiveObjectRef object = make_object(edit, old, draft.next.revision, draft.problems);
  if (old != nullptr && is_same(*old, *object)) {
    return;
  }
  draft.rows.puts.push_back(row_of(*object));
  std::ranges::move(seal_all(*object, old), std::back_inserter(draft.rows.secrets));
  draft.outcome.changes.push_back(change_note(old, object.get()));
  objects[edit.id] = object;
}

ConfigOutcome LiveConfig::commit(io::Blocking token, std::vector<ObjectEdit> edits,
                                 const ChangeOrigin& origin, std::vector<store::AppliedRow> applied,
                                 bool is_dry_run) {
  Draft draft{.before = state()};
  draft.next = *draft.before;
  draft.next.revision = draft.before->revision + 1;
  for (const ObjectEdit& edit : edits) {
    take_edit(edit, draft);
  }
  const bool is_changed = draft.is_changed();
  ConfigOutcome& outcome = draft.outcome;
  outcome.revision = draft.before->revision;
  Compiled compiled;
  if (is_changed || draft.problems.has_errors()) {
    compiled = compile(draft.next, draft.problems);
  }
  outcome.problems = draft.problems.sorted();
  if (draft.problems.has_errors()) {
    outcome.status = ConfigOutcome::Status::kInvalid;
    return outcome;
  }
  if (is_dry_run || (!is_changed && applied.empty())) {
    outcome.status = is_changed ? ConfigOutcome::Status::kLive : ConfigOutcome::Status::kUnchanged;
    return outcome;
  }
  if (is_changed) {
    draft.rows.revision = {.number = draft.next.revision,
                           .time_us = parts_.clock.wall_now().us,
                           .actor = origin.actor,
                           .via = origin.via,
                           .reason = origin.reason,
                           .changes = json::serialize(outcome.changes)};
  }
  draft.rows.applied = std::move(applied);
  if (!database_->commit(token, draft.rows).has_value()) {
    outcome.status = ConfigOutcome::Status::kStoreDown;
    return outcome;
  }
  for (const store::AppliedRow& row : draft.rows.applied) {
    applied_[row.source][row.kind + "/" + row.id.to_text()] = row.digest;
  }
  if (is_changed) {
    forget_places(edits, draft.next);
    remember(draft);
    outcome.revision = draft.next.revision;
    outcome.status = publish(std::move(compiled)) ? ConfigOutcome::Status::kLive
                                                  : ConfigOutcome::Status::kNotServed;
  }
  return outcome;
}

// What came from a file is read again from its body: its places mean nothing from here on.
void LiveConfig::forget_places(const std::vector<ObjectEdit>& edits, ConfigState& state) const {
  config::Diagnostics unread;
  for (const ObjectEdit& edit : edits) {
    auto& objects = state.objects[index_of(edit.kind)];
    const auto it = objects.find(edit.id);
    if (edit.as_written.has_value() && it != objects.end()) {
      auto object = std::make_shared<LiveObject>(*it->second);
      set_typed(*object, std::nullopt, unread);
      it->second = std::move(object);
    }
  }
}

void LiveConfig::remember(const Draft& draft) {
  const std::lock_guard lock(mutex_);
  state_ = std::make_shared<const ConfigState>(draft.next);
  for (const store::ObjectRow& row : draft.rows.deletes) {
    const std::string gone = place_of(row.kind, row.id, "");
    std::erase_if(sealed_by_, [&](const auto& sealed) { return sealed.first.starts_with(gone); });
  }
  for (const store::SecretRow& row : draft.rows.secrets) {
    const std::string place = place_of(row.kind, row.id, row.field);
    if (row.sealed.empty()) {
      sealed_by_.erase(place);
    } else {
      sealed_by_[place] = row.key_id;
    }
  }
}

ConfigOutcome LiveConfig::reload(io::Blocking) {
  config::Diagnostics problems;
  const ConfigStateRef now = state();
  ConfigOutcome outcome{.revision = now->revision};
  Compiled compiled = compile(*now, problems);
  outcome.problems = problems.sorted();
  if (problems.has_errors()) {
    outcome.status = ConfigOutcome::Status::kInvalid;
    return outcome;
  }
  outcome.status = publish(std::move(compiled)) ? ConfigOutcome::Status::kLive
                                                : ConfigOutcome::Status::kNotServed;
  return outcome;
}

Result<size_t> LiveConfig::reseal(io::Blocking token, crypto::SealingKey first) {
  store::ConfigCommit rows;
  for (const auto& objects : state()->objects) {
    for (const auto& [id, object] : objects) {
      for (const auto& [field, secret] : object->secrets) {
        const std::string kind(facts_of(object->kind).singular);
        rows.secrets.push_back({.kind = kind,
                                .id = id,
                                .field = field,
                                .key_id = first.id(),
                                .sealed = first.seal(secret, place_of(kind, id, field))});
      }
    }
  }
  TRY(database_->commit(token, rows));
  const std::lock_guard lock(mutex_);
  for (auto& [place, key_id] : sealed_by_) {
    key_id = first.id();
  }
  parts_.keys.add_first(std::move(first));
  return rows.secrets.size();
}

}  // namespace zerq::control
