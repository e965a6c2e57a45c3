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

limits::WindowKey window_key(const Policy& policy, const ObjectId& client,
                             const ObjectId& part) noexcept {
  const limits::RateLimitConfig& limit = policy.rate_limit;
  return {.policy = policy.id,
          .client = client,
          .part = limit.per == limits::LimitPer::kClient ? ObjectId{} : part,
          .per = limit.per,
          .window = limit.window};
}

}  // namespace zerq::filters
