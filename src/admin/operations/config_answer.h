// SPDX-License-Identifier: Apache-2.0
// What the operations on configuration answer with: objects as JSON, and every problem with its
// JSON pointer (product §9). Pure.
#pragma once

#include <string>
#include <vector>

#include "admin/admin_request.h"
#include "control/live_config.h"

namespace zerq::admin {

// "headers[0].name" → "/headers/0/name" (RFC 6901).
std::string pointer_of(std::string_view path);

struct Problem {
  std::string pointer;
  std::string message;
};
std::vector<Problem> problems_of(const std::vector<config::Diagnostic>& diagnostics,
                                 bool are_warnings);

// The error body with details[].
AdminReply problem_reply(const AdminRequest& request, uint16_t status, std::string_view code,
                         std::string_view message, const std::vector<Problem>& details);
// For an outcome that is not good.
AdminReply refusal_of(const AdminRequest& request, const control::ConfigOutcome& outcome);

text::json::object object_json(const control::LiveObject& object);
// With ETag; `status` 200 or 201.
AdminReply object_reply(const control::LiveObject& object, uint16_t status,
                        const std::vector<config::Diagnostic>& diagnostics,
                        text::json::object more = {});
std::string etag_of(uint64_t revision);

}  // namespace zerq::admin
