// SPDX-License-Identifier: Apache-2.0
#include "control/rollback.h"

#include <algorithm>
#include <set>

#include "auth/opaque_token.h"
#include "control/token_hashes.h"
#include "crypto/random.h"
#include "text/base64url.h"

namespace zerq::control {
namespace {

constexpr std::array<std::string_view, 2> kOfToday = {"active", "expires_at"};
// More than any algorithm asks of a shared secret.
constexpr size_t kUnknownSecretBytes = 64;

// Its secrets are gone: it gets ones that nobody knows, and is not let in.
void bring_back(ObjectEdit& edit) {
  if (edit.kind == ObjectKind::kCollection || edit.kind == ObjectKind::kProxy) {
    edit.body.erase("status");
  } else if (edit.kind == ObjectKind::kClient || edit.kind == ObjectKind::kProfile ||
             edit.kind == ObjectKind::kPolicy) {
    edit.body["active"] = false;
  }
  for (const std::string& field : stored_secret_fields(edit.kind, edit.body)) {
    crypto::RandomSource random;
    if (field == kTokenField) {
      edit.secrets[field] = auth::make_opaque_token(random);
    } else {
      std::string unknown(kUnknownSecretBytes, '\0');
      random.fill(std::as_writable_bytes(std::span(unknown)));
      edit.secrets[field] = text::to_base64url(as_bytes(unknown));
    }
  }
}

void keep_today(const LiveObject& now, ObjectEdit& edit) {
  for (const std::string_view field : kOfToday) {
    if (const json::value* value = now.body.if_contains(field)) {
      edit.body[field] = *value;
    } else {
      edit.body.erase(field);
    }
  }
  // `auth` is the credential: the old one would accept what was rotated away since.
  if (const json::value* auth = now.body.if_contains("auth")) {
    edit.body["auth"] = *auth;
  }
  for (const std::string& field : secret_fields_of(edit.kind)) {
    if (field.contains('.')) {
      continue;
    }
    if (const json::value* secret = now.body.if_contains(field)) {
      edit.body[field] = *secret;
    } else {
      edit.body.erase(field);
    }
  }
}

}  // namespace

Result<std::vector<ObjectEdit>> plan_rollback(io::Blocking token, LiveConfig& config,
                                              uint64_t revision) {
  const std::vector<store::ObjectRow> rows = TRY(config.database().objects_at(token, revision));
  const ConfigStateRef state = config.state();
  std::vector<ObjectEdit> edits;
  std::set<std::pair<ObjectKind, ObjectId>> wanted;
  for (const store::ObjectRow& row : rows) {
    const KindFacts* kind = find_kind_named(row.kind);
    const Result<json::value> body = text::parse_json(row.body);
    if (kind == nullptr || !body.has_value() || !body->is_object()) {
      return fail(ErrorCode::kCorrupt, "an old revision is unreadable");
    }
    ObjectEdit edit{.kind = kind->kind,
                    .id = row.id,
                    .parent = row.parent,
                    .name = row.name,
                    .body = body->as_object()};
    wanted.emplace(edit.kind, edit.id);
    if (const LiveObject* now = state->find(edit.kind, edit.id)) {
      keep_today(*now, edit);
    } else {
      bring_back(edit);
    }
    edits.push_back(std::move(edit));
  }
  for (const auto& objects : state->objects) {
    for (const auto& [id, object] : objects) {
      if (!wanted.contains({object->kind, id})) {
        edits.push_back(
            {.kind = object->kind, .id = id, .parent = object->parent, .is_delete = true});
      }
    }
  }
  return edits;
}

}  // namespace zerq::control
