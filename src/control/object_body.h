// SPDX-License-Identifier: Apache-2.0
// The body of an object as JSON, in its three forms: *canonical*, as the store keeps it (no
// defaults, no secrets, references by id), *shown*, as the API answers it (everything with its
// defaults), and *whole*, as the compiler reads it (with secrets). All by the field descriptions.
// Pure; control plane threads.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "config/config_node.h"
#include "control/object_kind.h"
#include "text/json.h"

namespace zerq::control {

namespace json = text::json;

// By field: the bytes that were given, or none where the secret was cleared. What is not in here
// stays as it was.
using SecretEdits = std::map<std::string, std::optional<std::string>>;
// By field: what is stored.
using Secrets = std::map<std::string, std::string>;

// Precondition: the node was read as that kind without an error. The fields that every object has
// (id, name, parent, times, revision) are left out. A secret becomes {"set": true}, or stays
// {"env": NAME}, {"file": PATH}.
json::object make_canonical_body(ObjectKind kind, const config::ConfigNode& node,
                                 SecretEdits& secrets);

// Secrets that the new body does not mention are those of the old one, unless `auth` has become one
// of another type.
void keep_absent_secrets(ObjectKind kind, const json::object& old_body, const SecretEdits& secrets,
                         json::object& body);

// The fields that should have a stored secret.
std::vector<std::string> stored_secret_fields(ObjectKind kind, const json::object& body);

// Canonical → shown, without the fields that every object has.
json::object make_shown_body(ObjectKind kind, const json::object& body);

// Canonical → whole. `left_out` fields keep their {"set": true}.
json::object make_whole_body(const json::object& body, const Secrets& secrets,
                             std::string_view left_out);

// RFC 7396.
void merge_patch(json::value& target, const json::value& patch);

}  // namespace zerq::control
