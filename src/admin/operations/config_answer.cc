// SPDX-License-Identifier: Apache-2.0
#include "admin/operations/config_answer.h"

#include <fmt/format.h>

#include "audit/record_json.h"

namespace zerq::admin {
namespace {

namespace json = text::json;
using control::ConfigOutcome;
using control::LiveObject;

std::string time_text(int64_t us) { return audit::format_time(WallTime{us}); }

json::array details_json(const std::vector<Problem>& problems) {
  json::array details;
  for (const Problem& problem : problems) {
    details.push_back(json::object{{"pointer", problem.pointer}, {"message", problem.message}});
  }
  return details;
}

}  // namespace

std::string pointer_of(std::string_view path) {
  std::string pointer;
  bool begins = !path.empty();
  for (const char c : path) {
    if (begins) {
      pointer += '/';
      begins = false;
    }
    switch (c) {
      case '.':
      case '[': begins = true; break;
      case ']': break;
      case '~': pointer += "~0"; break;
      case '/': pointer += "~1"; break;
      default: pointer += c;
    }
  }
  return pointer;
}

std::vector<Problem> problems_of(const std::vector<config::Diagnostic>& diagnostics,
                                 bool are_warnings) {
  std::vector<Problem> problems;
  for (const config::Diagnostic& one : diagnostics) {
    if (one.is_warning != are_warnings) {
      continue;
    }
    std::string message = one.found;
    message += one.allowed.empty() ? "" : "; " + one.allowed;
    message += one.nearest.empty() ? "" : "; did you mean \"" + one.nearest + "\"?";
    problems.push_back({.pointer = pointer_of(one.field), .message = std::move(message)});
  }
  return problems;
}

AdminReply problem_reply(const AdminRequest& request, uint16_t status, std::string_view code,
                         std::string_view message, const std::vector<Problem>& details) {
  return {.status = status,
          .body = json::serialize(json::object{{"error", std::string(code)},
                                               {"message", std::string(message)},
                                               {"request_id", request.request_id},
                                               {"details", details_json(details)}})};
}

AdminReply refusal_of(const AdminRequest& request, const ConfigOutcome& outcome) {
  switch (outcome.status) {
    case ConfigOutcome::Status::kStoreDown:
      return error_reply(request, 503, "store_unavailable",
                         "The change could not be stored; nothing has changed.");
    case ConfigOutcome::Status::kNotServed:
      return error_reply(request, 503, "store_unavailable",
                         "The change is stored, but not every shard has confirmed it yet.");
    default: break;
  }
  std::vector<Problem> problems = problems_of(outcome.problems, false);
  for (const Problem& problem : problems) {
    if (problem.message.starts_with("base_path_taken")) {
      return problem_reply(request, 409, "base_path_taken",
                           "Another collection of these hosts has this base path.", problems);
    }
  }
  const bool is_unsupported = !problems.empty() && problems[0].message.starts_with("not_supported");
  return problem_reply(request, 400, is_unsupported ? "not_supported" : "validation_failed",
                       is_unsupported ? "This release could not honour it."
                                      : "The object is not valid; see details.",
                       problems);
}

json::object object_json(const LiveObject& object) {
  const control::KindFacts& facts = control::facts_of(object.kind);
  json::object answer;
  if (object.kind != control::ObjectKind::kSettings) {
    answer["id"] = object.id.to_text();
    answer["name"] = object.name;
  }
  if (facts.parent.has_value()) {
    answer[facts.parent_field] = object.parent.to_text();
  }
  for (auto& member : control::make_shown_body(object.kind, object.body)) {
    answer[member.key()] = std::move(member.value());
  }
  answer["created_at"] = time_text(object.created_us);
  answer["updated_at"] = time_text(object.updated_us);
  answer["revision"] = object.revision;
  return answer;
}

std::string etag_of(uint64_t revision) { return fmt::format("\"{}\"", revision); }

AdminReply object_reply(const LiveObject& object, uint16_t status,
                        const std::vector<config::Diagnostic>& diagnostics, json::object more) {
  json::object answer = object_json(object);
  for (auto& member : more) {
    answer[member.key()] = std::move(member.value());
  }
  if (const auto warnings = problems_of(diagnostics, true); !warnings.empty()) {
    answer["warnings"] = details_json(warnings);
  }
  AdminReply reply{.status = status, .body = json::serialize(answer)};
  reply.etag = etag_of(object.revision);
  if (status == 201) {
    reply.location =
        fmt::format("/api/v1/{}/{}", control::facts_of(object.kind).plural, object.id.to_text());
  }
  return reply;
}

}  // namespace zerq::admin
