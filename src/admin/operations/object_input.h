// SPDX-License-Identifier: Apache-2.0
// What a caller wrote → the edit that it asks for (semantics §3): JSON without duplicates,
// read-only fields only as they are, references by name or id, absent secrets kept by PUT, RFC 7396
// for PATCH. Lives for one call.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "admin/admin_request.h"
#include "admin/operations/config_answer.h"
#include "control/live_config.h"

namespace zerq::admin {

class ObjectInput {
 public:
  // All outlive it.
  ObjectInput(const control::ConfigState& state, const control::KindFacts& kind,
              const AdminRequest& request)
      : state_(state), kind_(kind), request_(request) {}

  // None from the two below: refusal() says why.
  std::optional<text::json::object> read_body(bool may_be_empty = false);
  // The edit that a whole object asks for; `id` is that of the path.
  std::optional<control::ObjectEdit> make_edit(text::json::object body,
                                               const control::LiveObject* old,
                                               std::optional<ObjectId> id,
                                               bool keeps_absent_secrets);
  // What the patch makes of the stored object. A secret is replaced whole, and so is `auth` when
  // its type changes.
  text::json::object patched(const control::LiveObject& object,
                             const text::json::object& patch) const;
  AdminReply refusal() { return std::move(refusal_); }

 private:
  void drop_read_only(text::json::object& body, const control::LiveObject* object,
                      std::vector<Problem>& problems) const;
  ObjectId take_id(text::json::object& body, std::string_view field,
                   std::vector<Problem>& problems) const;
  void take_parent(text::json::object& body, const control::LiveObject* old,
                   control::ObjectEdit& edit, std::vector<Problem>& problems) const;
  const control::LiveObject* find_named(control::ObjectKind kind, std::string_view name) const;
  void resolve_names(text::json::object& body) const;
  bool is_secret(std::string_view field) const;

  const control::ConfigState& state_;
  const control::KindFacts& kind_;
  const AdminRequest& request_;
  AdminReply refusal_;
};

}  // namespace zerq::admin
