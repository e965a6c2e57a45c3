// SPDX-License-Identifier: Apache-2.0
#include "admin/operations/objects.h"

#include <fmt/format.h>

#include <algorithm>

#include "admin/operations/config_answer.h"
#include "admin/operations/object_input.h"
#include "admin/operations/object_list.h"
#include "audit/record_json.h"
#include "auth/opaque_token.h"
#include "control/declarative_apply.h"
#include "control/live_config.h"
#include "control/token_hashes.h"
#include "crypto/random.h"

namespace zerq::admin {
namespace {

namespace json = text::json;
using control::ConfigOutcome;
using control::ConfigStateRef;
using control::KindFacts;
using control::LiveConfig;
using control::LiveObject;
using control::ObjectEdit;
using control::ObjectKind;

constexpr uint32_t kOverlapMaxS = 30 * 86400;

AdminReply not_found(const AdminRequest& request) {
  return error_reply(request, 404, "not_found", "There is no such object.");
}

AdminReply method_not_allowed(const AdminRequest& request, std::string_view allow) {
  AdminReply reply =
      error_reply(request, 405, "method_not_allowed", "The method is not allowed here; see Allow.");
  reply.allow = allow;
  return reply;
}

AdminReply invalid(const AdminRequest& request, std::vector<Problem> problems) {
  return problem_reply(request, 400, "validation_failed", "The object is not valid; see details.",
                       problems);
}

// Time first, so that ids sort by age, as a MongoDB ObjectId does.
ObjectId make_id(int64_t now_us) {
  std::array<uint8_t, ObjectId::kBytes> bytes{};
  crypto::fill_random(std::as_writable_bytes(std::span(bytes)));
  const auto seconds = static_cast<uint32_t>(now_us / 1'000'000);
  for (size_t i = 0; i < 4; ++i) {
    bytes[i] = static_cast<uint8_t>(seconds >> (24 - 8 * i));
  }
  return ObjectId(bytes);
}

std::string make_token() {
  crypto::RandomSource random;
  return auth::make_opaque_token(random);
}

// One call on one kind. The write lock is held for as long as it lives, if it writes.
class ObjectCall {
 public:
  ObjectCall(io::Blocking token, LiveConfig& config, const AdminRequest& request,
             const KindFacts& kind)
      : token_(token), config_(config), request_(request), kind_(kind) {
    if (request.method != "GET" && request.method != "HEAD") {
      writes_ = config.lock_writes();
    }
    first_state_ = state_ = config.state();
  }

  AdminReply run(const std::vector<std::string>& path) {
    if (kind_.kind == ObjectKind::kSettings) {
      return path.size() == 1 ? settings() : not_found(request_);
    }
    if (path.size() == 1) {
      return request_.method == "GET" || request_.method == "HEAD"
                 ? list_objects(*state_, kind_, request_)
             : request_.method == "POST" ? create()
                                         : method_not_allowed(request_, "GET, HEAD, POST");
    }
    const std::optional<ObjectId> id = ObjectId::parse(path[1]);
    if (!id.has_value()) {
      return not_found(request_);
    }
    const LiveObject* object = state_->find(kind_.kind, *id);
    if (path.size() == 3) {
      return object == nullptr ? not_found(request_) : act(*object, path[2]);
    }
    if (path.size() > 3) {
      return not_found(request_);
    }
    if (request_.method == "PUT") {
      return put(*id, object);
    }
    if (object == nullptr) {
      return not_found(request_);
    }
    if (request_.method == "GET" || request_.method == "HEAD") {
      return object_reply(*object, 200, {});
    }
    if (request_.method == "PATCH") {
      return patch(*object);
    }
    return request_.method == "DELETE"
               ? remove(*object)
               : method_not_allowed(request_, "GET, HEAD, PUT, PATCH, DELETE");
  }

 private:
  AdminReply act(const LiveObject& object, const std::string& action) {
    const bool has_status =
        object.kind == ObjectKind::kCollection || object.kind == ObjectKind::kProxy;
    if (action == "status" && has_status) {
      return request_.method == "PUT" ? set_status(object) : method_not_allowed(request_, "PUT");
    }
    if (action == "duplicate") {
      return request_.method == "POST" ? duplicate(object) : method_not_allowed(request_, "POST");
    }
    if (action == "rotate" && object.kind == ObjectKind::kProfile) {
      return request_.method == "POST" ? rotate(object) : method_not_allowed(request_, "POST");
    }
    return not_found(request_);
  }

  // Of this call; made when it is asked for, since reading needs none.
  ObjectInput& input() {
    if (!input_.has_value()) {
      input_.emplace(*first_state_, kind_, request_);
    }
    return *input_;
  }
  AdminReply refuse() { return is_mismatch_ ? std::move(mismatch_) : input().refusal(); }

  // False: refuse() says why.
  bool matches(const LiveObject* object) {
    const std::string& wanted = request_.if_match;
    const bool is_match =
        wanted.empty() ||
        (object != nullptr && (wanted == "*" || wanted == etag_of(object->revision)));
    if (!is_match) {
      is_mismatch_ = true;
      mismatch_ = error_reply(request_, 412, "precondition_failed",
                              "The object has changed since; read it again.");
    }
    return is_match;
  }

  ConfigOutcome commit(std::vector<ObjectEdit> edits) {
    ConfigOutcome outcome =
        config_.commit(token_, std::move(edits),
                       {.actor = request_.actor, .via = "rest", .reason = request_.reason});
    state_ = config_.state();
    return outcome;
  }

  AdminReply store(ObjectEdit edit, uint16_t status, json::object more = {}) {
    const ObjectId id = edit.id;
    std::vector<ObjectEdit> edits;
    edits.push_back(std::move(edit));
    const ConfigOutcome outcome = commit(std::move(edits));
    return outcome.is_good() ? object_reply(*state_->find(kind_.kind, id), status, outcome.problems,
                                            std::move(more))
                             : refusal_of(request_, outcome);
  }

  ObjectId new_id() const { return make_id(now_us()); }
  int64_t now_us() const { return SystemClock().wall_now().us; }

  // A token profile without a token gets one, which is shown this once.
  static std::string give_token(ObjectEdit& edit) {
    json::value* auth = edit.body.if_contains("auth");
    if (edit.kind != ObjectKind::kProfile || auth == nullptr ||
        auth->as_object()["type"] != "token") {
      return "";
    }
    const auto given = edit.secrets.find(std::string(control::kTokenField));
    if (given != edit.secrets.end() && given->second.has_value()) {
      return *given->second;
    }
    if (auth->as_object().contains("token")) {
      return "";  // Of a variable or a file.
    }
    std::string token = make_token();
    auth->as_object()["token"] = json::object{{"set", true}};
    edit.secrets[std::string(control::kTokenField)] = token;
    return token;
  }

  AdminReply create() {
    std::optional<json::object> body = input().read_body();
    if (!body.has_value()) {
      return refuse();
    }
    std::optional<ObjectEdit> edit =
        input().make_edit(*std::move(body), nullptr, std::nullopt, false);
    if (!edit.has_value()) {
      return refuse();
    }
    if (!edit->id.is_set()) {
      edit->id = new_id();
    } else if (state_->find(kind_.kind, edit->id) != nullptr) {
      return problem_reply(request_, 409, "id_taken", "Another object has this id.",
                           {{"/id", "taken"}});
    }
    return create_with(*std::move(edit));
  }

  AdminReply create_with(ObjectEdit edit) {
    json::object more;
    if (const std::string token = give_token(edit); !token.empty()) {
      more["token"] = token;
    }
    if (kind_.kind != ObjectKind::kClient) {
      return store(std::move(edit), 201, std::move(more));
    }
    const ObjectId client = edit.id;
    ObjectEdit profile{
        .kind = ObjectKind::kProfile, .id = new_id(), .parent = client, .name = "default"};
    profile.body["auth"] = json::object{{"type", "token"}};
    const std::string token = give_token(profile);
    const ObjectId profile_id = profile.id;
    std::vector<ObjectEdit> edits;
    edits.push_back(std::move(edit));
    edits.push_back(std::move(profile));
    const ConfigOutcome outcome = commit(std::move(edits));
    if (!outcome.is_good()) {
      return refusal_of(request_, outcome);
    }
    json::object shown = object_json(*state_->find(ObjectKind::kProfile, profile_id));
    shown["token"] = token;
    more["profiles"] = json::array{std::move(shown)};
    return object_reply(*state_->find(kind_.kind, client), 201, outcome.problems, std::move(more));
  }

  AdminReply put(const ObjectId& id, const LiveObject* old) {
    std::optional<json::object> body = input().read_body();
    if (!body.has_value() || !matches(old)) {
      return refuse();
    }
    std::optional<ObjectEdit> edit = input().make_edit(*std::move(body), old, id, true);
    if (!edit.has_value()) {
      return refuse();
    }
    return old == nullptr ? create_with(*std::move(edit)) : store(*std::move(edit), 200);
  }

  AdminReply patch(const LiveObject& object) {
    std::optional<json::object> body = input().read_body();
    if (!body.has_value() || !matches(&object)) {
      return refuse();
    }
    std::optional<ObjectEdit> edit =
        input().make_edit(input().patched(object, *body), &object, object.id, false);
    return edit.has_value() ? store(*std::move(edit), 200) : refuse();
  }

  AdminReply set_status(const LiveObject& object) {
    std::optional<json::object> body = input().read_body();
    if (!body.has_value() || !matches(&object)) {
      return refuse();
    }
    const json::value* status = body->if_contains("status");
    if (status == nullptr || body->size() != 1) {
      return invalid(request_, {{"/status", "the one member; published or draft"}});
    }
    std::optional<ObjectEdit> edit =
        input().make_edit(input().patched(object, *body), &object, object.id, false);
    return edit.has_value() ? store(*std::move(edit), 200) : refuse();
  }

  // A draft of the same, with what the body says instead; a collection takes its proxies along.
  AdminReply duplicate(const LiveObject& object) {
    std::optional<json::object> patch = input().read_body(true);
    if (!patch.has_value()) {
      return refuse();
    }
    if (!patch->contains("name")) {
      (*patch)["name"] = free_name(object);
    }
    if (object.kind == ObjectKind::kCollection && !patch->contains("base_path")) {
      (*patch)["base_path"] = std::string(object.body.at("base_path").as_string()) + "-copy";
    }
    json::object body = input().patched(object, *patch);
    body.erase("status");
    if (kind_.parent.has_value()) {
      body[kind_.parent_field] = object.parent.to_text();
    }
    if (object.kind == ObjectKind::kProfile && body["auth"].as_object()["type"] == "token") {
      body["auth"].as_object().erase("token");  // A copy gets a token of its own.
    }
    std::optional<ObjectEdit> edit =
        input().make_edit(std::move(body), nullptr, std::nullopt, false);
    if (!edit.has_value()) {
      return refuse();
    }
    edit->id = new_id();
    for (const auto& [field, secret] : object.secrets) {
      if (field != control::kTokenField && !edit->secrets.contains(field)) {
        edit->secrets[field] = secret;
      }
    }
    json::object more;
    if (const std::string token = give_token(*edit); !token.empty()) {
      more["token"] = token;
    }
    const ObjectId id = edit->id;
    std::vector<ObjectEdit> edits;
    edits.push_back(*std::move(edit));
    for (const auto& [child_id, child] : state_->all(ObjectKind::kProxy)) {
      if (child->parent == object.id) {
        ObjectEdit copy = control::edit_of(*child);
        copy.id = new_id();
        copy.parent = id;
        copy.body.erase("status");
        edits.push_back(std::move(copy));
      }
    }
    const ConfigOutcome outcome = commit(std::move(edits));
    return outcome.is_good()
               ? object_reply(*state_->find(kind_.kind, id), 201, outcome.problems, std::move(more))
               : refusal_of(request_, outcome);
  }

  std::string free_name(const LiveObject& object) const {
    for (int number = 1;; ++number) {
      std::string name = object.name + (number == 1 ? " copy" : fmt::format(" copy {}", number));
      if (state_->find_named(object.kind, object.parent, name) == nullptr) {
        return name;
      }
    }
  }

  AdminReply rotate(const LiveObject& object) {
    std::optional<json::object> body = input().read_body(true);
    if (!body.has_value() || !matches(&object)) {
      return refuse();
    }
    int64_t overlap_s = 0;
    for (const auto& member : *body) {
      const int64_t* given = member.value().if_int64();
      if (member.key() != "overlap_s" || given == nullptr || *given < 0 || *given > kOverlapMaxS) {
        return invalid(
            request_, {{"/" + std::string(member.key()), "overlap_s alone: 0 to 2592000 seconds"}});
      }
      overlap_s = *given;
    }
    const auto stored = object.secrets.find(std::string(control::kTokenField));
    if (object.body.at("auth").as_object().at("type") != "token" ||
        stored == object.secrets.end()) {
      return error_reply(request_, 409, "conflict",
                         "Only a stored token can be rotated here; this profile has none.");
    }
    const int64_t until_us = now_us() + overlap_s * 1'000'000;
    const std::string token = make_token();
    std::vector<auth::OpaqueTokenHash> hashes = {{.hash = config_.hash_token(token)}};
    if (overlap_s > 0) {
      for (auth::OpaqueTokenHash old : control::read_token_hashes(stored->second)) {
        old.valid_until.us = std::min(old.valid_until.us, until_us);
        if (old.valid_until.us > now_us()) {
          hashes.push_back(old);
        }
      }
    }
    ObjectEdit edit = control::edit_of(object);
    edit.secrets[std::string(control::kTokenField)] = control::write_token_hashes(hashes);
    edit.has_token_hashes = true;
    return store(std::move(edit), 200,
                 {{"token", token},
                  {"previous_valid_until", audit_time(overlap_s > 0 ? until_us : now_us())}});
  }

  static std::string audit_time(int64_t us) { return audit::format_time(WallTime{us}); }

  struct User {
    const LiveObject* object;
    std::string_view field;
  };
  std::vector<User> users_of(const ObjectId& id, ObjectKind kind) const {
    std::vector<User> users;
    for (const control::ReferenceField& field : control::reference_fields()) {
      if (field.to != kind || field.is_list) {
        continue;
      }
      for (const auto& [user_id, user] : state_->all(field.kind)) {
        const json::value* reference = user->body.if_contains(field.by_id);
        if (reference != nullptr && *reference == json::value(id.to_text())) {
          users.push_back({.object = user.get(), .field = field.by_id});
        }
      }
    }
    return users;
  }

  AdminReply remove(const LiveObject& object) {
    if (!matches(&object)) {
      return refuse();
    }
    std::vector<User> users = users_of(object.id, object.kind);
    if (object.kind == ObjectKind::kClient) {
      for (const auto& [id, profile] : state_->all(ObjectKind::kProfile)) {
        if (profile->parent == object.id) {
          std::ranges::move(users_of(id, ObjectKind::kProfile), std::back_inserter(users));
        }
      }
    }
    const std::string* detach = request_.find_query("detach");
    const bool must_detach = detach != nullptr && *detach == "true";
    if (!users.empty() && !must_detach) {
      std::vector<Problem> details;
      for (const User& user : users) {
        details.push_back({.pointer = "",
                           .message = fmt::format("{} of the {} \"{}\" ({})", user.field,
                                                  control::facts_of(user.object->kind).singular,
                                                  user.object->name, user.object->id.to_text())});
      }
      return problem_reply(request_, 409, "in_use",
                           "Others refer to it; see details, or add ?detach=true.", details);
    }
    std::vector<ObjectEdit> edits;
    json::array unlimited;
    for (const User& user : users) {
      ObjectEdit edit = control::edit_of(*user.object);
      edit.body.erase(user.field);
      if (user.field == "policy_id") {
        unlimited.push_back(
            json::object{{"id", user.object->id.to_text()}, {"name", user.object->name}});
      }
      edits.push_back(std::move(edit));
    }
    edits.push_back(
        {.kind = object.kind, .id = object.id, .parent = object.parent, .is_delete = true});
    control::complete_deletes(*state_, edits);
    const ConfigOutcome outcome = commit(std::move(edits));
    if (!outcome.is_good()) {
      return refusal_of(request_, outcome);
    }
    if (unlimited.empty()) {
      return {.status = 204};
    }
    return {.body = json::serialize(json::object{{"unlimited_clients", std::move(unlimited)}})};
  }

  AdminReply settings() {
    const LiveObject* stored = state_->find(ObjectKind::kSettings, control::settings_id());
    LiveObject present{.kind = ObjectKind::kSettings, .id = control::settings_id()};
    const LiveObject& object = stored == nullptr ? present : *stored;
    if (request_.method == "GET" || request_.method == "HEAD") {
      return object_reply(object, 200, {});
    }
    if (request_.method != "PUT" && request_.method != "PATCH") {
      return method_not_allowed(request_, "GET, HEAD, PUT, PATCH");
    }
    std::optional<json::object> body = input().read_body();
    if (!body.has_value() || !matches(&object)) {
      return refuse();
    }
    std::optional<ObjectEdit> edit = input().make_edit(
        request_.method == "PATCH" ? input().patched(object, *body) : *std::move(body), &object,
        control::settings_id(), true);
    if (!edit.has_value()) {
      return refuse();
    }
    std::vector<ObjectEdit> edits;
    edits.push_back(*std::move(edit));
    const ConfigOutcome outcome = commit(std::move(edits));
    if (!outcome.is_good()) {
      return refusal_of(request_, outcome);
    }
    const LiveObject* now = state_->find(ObjectKind::kSettings, control::settings_id());
    return object_reply(now == nullptr ? present : *now, 200, outcome.problems);
  }

  io::Blocking token_;
  LiveConfig& config_;
  const AdminRequest& request_;
  const KindFacts& kind_;
  LiveConfig::WriteLock writes_;
  ConfigStateRef first_state_;  // Before the change.
  ConfigStateRef state_;
  std::optional<ObjectInput> input_;
  bool is_mismatch_ = false;
  AdminReply mismatch_;
};

}  // namespace

std::optional<AdminReply> call_objects(io::Blocking token, LiveConfig& config,
                                       const AdminRequest& request,
                                       const std::vector<std::string>& path) {
  const KindFacts* kind = path.empty() ? nullptr : control::find_kind(path[0]);
  if (kind == nullptr) {
    return std::nullopt;
  }
  return ObjectCall(token, config, request, *kind).run(path);
}

}  // namespace zerq::admin
