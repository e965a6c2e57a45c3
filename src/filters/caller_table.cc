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

Client& CallerTable::add_client(Client client) {
  auto& slot = clients_[client.id];
  slot = std::make_unique<Client>(std::move(client));
  return *slot;
}

Profile& CallerTable::add_profile(Profile profile) {
  auto& slot = profiles_[profile.id];
  slot = std::make_unique<Profile>(std::move(profile));
  return *slot;
}

Policy& CallerTable::add_policy(Policy policy) {
  policies_.push_back(std::make_unique<Policy>(std::move(policy)));
  return *policies_.back();
}

const Client* CallerTable::find_client(const ObjectId& id) const noexcept {
  const auto it = clients_.find(id);
  return it == clients_.end() ? nullptr : it->second.get();
}

const Profile* CallerTable::find_profile(const ObjectId& id) const noexcept {
  const auto it = profiles_.find(id);
  return it == profiles_.end() ? nullptr : it->second.get();
}

}  // namespace zerq::filters
