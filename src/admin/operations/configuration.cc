// SPDX-License-Identifier: Apache-2.0
#include "admin/operations/configuration.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#include "admin/operations/config_answer.h"
#include "audit/record_json.h"
#include "control/config_export.h"
#include "control/declarative_apply.h"
#include "control/live_config.h"
#include "control/rollback.h"

namespace zerq::admin {
namespace {

namespace json = text::json;
using control::ConfigOutcome;
using control::LiveConfig;

constexpr size_t kPageDefault = 50;
constexpr size_t kPageMax = 1000;

AdminReply not_allowed(const AdminRequest& request, std::string_view allow) {
  AdminReply reply =
      error_reply(request, 405, "method_not_allowed", "The method is not allowed here; see Allow.");
  reply.allow = allow;
  return reply;
}

AdminReply invalid(const AdminRequest& request, std::string pointer, std::string message) {
  return problem_reply(request, 400, "validation_failed", "The call is not valid; see details.",
                       {{std::move(pointer), std::move(message)}});
}

AdminReply store_down(const AdminRequest& request) {
  return error_reply(request, 503, "store_unavailable", "The store cannot be read now.");
}

bool is_reading(const AdminRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}

std::optional<uint64_t> number_of(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc() && end == text.data() + text.size() && number > 0;
  return is_number ? std::optional(number) : std::nullopt;
}

const char* status_text(ConfigOutcome::Status status) {
  return status == ConfigOutcome::Status::kUnchanged ? "unchanged" : "applied";
}

// {files: [{name, text}], dry_run, prune, reason}
AdminReply apply(io::Blocking token, const ConfigurationParts& parts, const AdminRequest& request) {
  const Result<json::value> body = text::parse_json(request.body);
  const json::object* call = body.has_value() ? body->if_object() : nullptr;
  const json::value* files = call == nullptr ? nullptr : call->if_contains("files");
  if (files == nullptr || !files->is_array()) {
    return invalid(request, "/files", "a list of {name, text}");
  }
  control::ApplyRequest wanted;
  for (const json::value& file : files->as_array()) {
    const json::object* one = file.if_object();
    const json::value* name = one == nullptr ? nullptr : one->if_contains("name");
    const json::value* text = one == nullptr ? nullptr : one->if_contains("text");
    if (name == nullptr || text == nullptr || !name->is_string() || !text->is_string()) {
      return invalid(request, "/files", "a list of {name, text}");
    }
    wanted.files.push_back(
        {.name = std::string(name->as_string()), .text = std::string(text->as_string())});
  }
  const auto is_true = [call](std::string_view name) {
    const json::value* value = call->if_contains(name);
    return value != nullptr && value->is_bool() && value->as_bool();
  };
  const json::value* reason = call->if_contains("reason");
  wanted.must_prune = is_true("prune");
  const auto writes = parts.config.lock_writes();
  const ConfigOutcome outcome = control::apply_files(
      token, parts.config, wanted,
      {.actor = request.actor,
       .via = "apply",
       .reason = reason != nullptr && reason->is_string() ? std::string(reason->as_string())
                                                          : request.reason},
      is_true("dry_run"));
  json::array problems;
  json::array warnings;
  for (const config::Diagnostic& problem : outcome.problems) {
    (problem.is_warning ? warnings : problems).emplace_back(config::to_line(problem));
  }
  if (outcome.status == ConfigOutcome::Status::kInvalid) {
    return {.status = 400,
            .body = json::serialize(json::object{{"error", "validation_failed"},
                                                 {"message", "The files are not valid."},
                                                 {"request_id", request.request_id},
                                                 {"problems", std::move(problems)},
                                                 {"warnings", std::move(warnings)}})};
  }
  if (!outcome.is_good()) {
    return refusal_of(request, outcome);
  }
  return {.body = json::serialize(json::object{{"status", status_text(outcome.status)},
                                               {"revision", outcome.revision},
                                               {"changes", outcome.changes},
                                               {"warnings", std::move(warnings)}})};
}

json::object revision_json(const store::RevisionRow& row) {
  const Result<json::value> changes = text::parse_json(row.changes);
  return {{"number", row.number},
          {"created_at", audit::format_time(WallTime{row.time_us})},
          {"actor", row.actor},
          {"via", row.via},
          {"reason", row.reason},
          {"changes", changes.has_value() ? *changes : json::value(json::array())}};
}

AdminReply list_revisions(io::Blocking token, LiveConfig& config, const AdminRequest& request) {
  size_t limit = kPageDefault;
  uint64_t before = 0;
  for (const auto& [name, value] : request.query) {
    const std::optional<uint64_t> number = number_of(value);
    if (name == "limit" && number.has_value() && *number <= kPageMax) {
      limit = *number;
    } else if (name == "cursor" && number.has_value()) {
      before = *number;
    } else {
      return invalid(request, "", name + ": limit (1 to 1000) and cursor are the parameters");
    }
  }
  // Reading shares the writer's connection.
  const auto writes = config.lock_writes();
  const auto rows = config.database().revisions(token, before, limit + 1);
  if (!rows.has_value()) {
    return store_down(request);
  }
  json::array items;
  for (const store::RevisionRow& row : *rows) {
    if (items.size() < limit) {
      items.push_back(revision_json(row));
    }
  }
  const bool has_more = rows->size() > limit;
  return {.body = json::serialize(json::object{
              {"items", std::move(items)},
              {"next_cursor", has_more ? json::value(std::to_string((*rows)[limit - 1].number))
                                       : json::value(nullptr)}})};
}

AdminReply call_revision(io::Blocking token, LiveConfig& config, const AdminRequest& request,
                         const std::vector<std::string>& path) {
  const std::optional<uint64_t> number = number_of(path[1]);
  const auto writes = config.lock_writes();
  const auto row = number.has_value() ? config.database().revision(token, *number)
                                      : Result<std::optional<store::RevisionRow>>(std::nullopt);
  if (!row.has_value()) {
    return store_down(request);
  }
  if (!row->has_value() || path.size() > 3 || (path.size() == 3 && path[2] != "rollback")) {
    return error_reply(request, 404, "not_found", "There is no such revision.");
  }
  if (path.size() == 2) {
    return is_reading(request) ? AdminReply{.body = json::serialize(revision_json(**row))}
                               : not_allowed(request, "GET, HEAD");
  }
  if (request.method != "POST") {
    return not_allowed(request, "POST");
  }
  const auto edits = control::plan_rollback(token, config, *number);
  if (!edits.has_value()) {
    return store_down(request);
  }
  const ConfigOutcome outcome = config.commit(
      token, *edits,
      {.actor = request.actor,
       .via = "rollback",
       .reason = request.reason.empty() ? fmt::format("rollback to {}", *number) : request.reason});
  if (!outcome.is_good()) {
    return refusal_of(request, outcome);
  }
  return {.body = json::serialize(json::object{{"status", status_text(outcome.status)},
                                               {"revision", outcome.revision},
                                               {"changes", outcome.changes}})};
}

AdminReply rotate_keys(io::Blocking token, const ConfigurationParts& parts,
                       const AdminRequest& request) {
  const auto writes = parts.config.lock_writes();
  Result<crypto::SealingKey> key = parts.make_key != nullptr
                                       ? parts.make_key(token)
                                       : Result<crypto::SealingKey>(parts.config.keys().first());
  if (!key.has_value()) {
    return store_down(request);
  }
  const std::string id = key->id();
  const Result<size_t> count = parts.config.reseal(token, *std::move(key));
  if (!count.has_value()) {
    return store_down(request);
  }
  return {.body = json::serialize(json::object{{"key_id", id}, {"secrets", *count}})};
}

AdminReply show_status(const ConfigurationParts& parts) {
  json::object status = parts.node_status();
  const auto state = parts.config.state();
  status["revision"] = state->revision;
  json::object objects;
  for (size_t kind = 1; kind < control::kObjectKinds; ++kind) {
    const control::KindFacts& facts = control::facts_of(static_cast<control::ObjectKind>(kind));
    objects[facts.plural] = state->all(facts.kind).size();
  }
  status["objects"] = std::move(objects);
  json::object keys;
  for (const auto& [id, count] : parts.config.secrets_by_key()) {
    keys[id] = count;
  }
  status["secrets_by_key"] = std::move(keys);
  json::array warnings;
  for (const config::Diagnostic& warning : parts.config.warnings()) {
    warnings.emplace_back(config::to_line(warning));
  }
  status["warnings"] = std::move(warnings);
  return {.body = json::serialize(status)};
}

}  // namespace

std::optional<AdminReply> call_configuration(io::Blocking token, const ConfigurationParts& parts,
                                             const AdminRequest& request,
                                             const std::vector<std::string>& path) {
  const std::string whole = fmt::format("{}", fmt::join(path, "/"));
  if (whole == "config/apply") {
    return request.method == "POST" ? apply(token, parts, request) : not_allowed(request, "POST");
  }
  if (whole == "config/export") {
    return is_reading(request) ? AdminReply{.content_type = "application/yaml",
                                            .body = control::export_config(*parts.config.state())}
                               : not_allowed(request, "GET, HEAD");
  }
  if (whole == "keys/rotate") {
    return request.method == "POST" ? rotate_keys(token, parts, request)
                                    : not_allowed(request, "POST");
  }
  if (whole == "status") {
    return is_reading(request) ? show_status(parts) : not_allowed(request, "GET, HEAD");
  }
  if (path[0] == "revisions") {
    if (path.size() > 1) {
      return call_revision(token, parts.config, request, path);
    }
    return is_reading(request) ? list_revisions(token, parts.config, request)
                               : not_allowed(request, "GET, HEAD");
  }
  return std::nullopt;
}

}  // namespace zerq::admin
