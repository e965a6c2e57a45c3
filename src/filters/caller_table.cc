// SPDX-License-Identifier: Apache-2.0
#include "filters/caller_table.h"

namespace zerq::filters {

std::string_view auth_kind_name(AuthKind kind) noexcept {
  switch (kind) {
    case AuthKind::kNone: return "none";
    case AuthKind::kToken: return "token";
    case AuthKind::kJwt: return "jwt";
    case AuthKind::kOidc: return "oidc";
  }
  return "";
}

limits::LimitKey limit_key(const Policy& policy, const ObjectId& client,
                           const ObjectId& part) noexcept {
  const limits::LimitPer per = policy.limits.per;
  return {.policy = policy.id,
          .client = client,
          .part = per == limits::LimitPer::kClient ? ObjectId{} : part,
          .per = per};
}

}  // namespace zerq::filters
