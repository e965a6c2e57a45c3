// SPDX-License-Identifier: Apache-2.0
// Clients and profiles as compiled: immutable, part of a snapshot, read by all shards. Pointers
// between them and into verifiers stay valid as long as the snapshot that holds the table.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "auth/opaque_token.h"
#include "base/clock.h"
#include "base/ip_address.h"
#include "base/object_id.h"
#include "http/http_method.h"
#include "limits/limit_table.h"
#include "limits/policy_config.h"

namespace zerq::auth {
class JwtVerifier;
}

namespace zerq::filters {

struct Policy {
  ObjectId id;
  std::string name;
  limits::RateLimitConfig rate_limit;
};

// What is counted together under a policy; `part` is the profile, collection or proxy that it is
// `per`, and not looked at for `per: client`.
limits::WindowKey window_key(const Policy& policy, const ObjectId& client,
                             const ObjectId& part) noexcept;

struct Client {
  ObjectId id;
  std::string name;
  bool is_active = true;
  std::vector<ObjectId> collections;   // Sorted.
  const Policy* policy = nullptr;      // Null: no limit.
  limits::WindowPin window;            // Of `per: client`; else unset.
};

enum class AuthKind : uint8_t { kNone, kToken, kJwt, kOidc };
std::string_view auth_kind_name(AuthKind kind) noexcept;

struct Profile {
  ObjectId id;
  std::string name;
  const Client* client = nullptr;
  bool is_active = true;
  WallTime expires_at{INT64_MAX};
  http::MethodSet allowed_methods;  // Empty: all.
  CidrSet allowed_ips;              // Empty: all.
  AuthKind auth = AuthKind::kNone;
  const auth::JwtVerifier* verifier = nullptr;  // kJwt, kOidc.
  std::vector<auth::OpaqueTokenHash> tokens;    // kToken.
  std::string scopes;                           // Canonical; of kToken and kNone.
  limits::WindowPin window;                     // Of `per: profile`; else unset.

  // Its secret comes from an environment variable or a file that is not there: saved and served,
  // but nobody can be recognised (semantics §3).
  bool lacks_secret() const {
    return auth == AuthKind::kToken ? tokens.empty()
                                    : auth != AuthKind::kNone && verifier == nullptr;
  }
};

class CallerTable {
 public:
  CallerTable() = default;
  CallerTable(const CallerTable&) = delete;
  CallerTable& operator=(const CallerTable&) = delete;

  Client& add_client(Client client);
  Profile& add_profile(Profile profile);
  Policy& add_policy(Policy policy);

  const Client* find_client(const ObjectId& id) const noexcept;
  const Profile* find_profile(const ObjectId& id) const noexcept;
  size_t client_count() const { return clients_.size(); }
  size_t profile_count() const { return profiles_.size(); }

 private:
  std::unordered_map<ObjectId, std::unique_ptr<Client>> clients_;
  std::unordered_map<ObjectId, std::unique_ptr<Profile>> profiles_;
  std::vector<std::unique_ptr<Policy>> policies_;
};

}  // namespace zerq::filters
