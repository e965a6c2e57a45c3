// SPDX-License-Identifier: Apache-2.0
// A compiled auth configuration of type `jwt` or `oidc`: whether a token is good for one profile
// (RFC 7519 §7.2, RFC 8725, RFC 9068). Immutable and shared by all shards (rung: Snapshot); any
// thread. It knows nothing of caches, budgets and revocation: auth/credential_checker.h.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/auth_config.h"
#include "auth/key_set.h"
#include "auth/verifier.h"
#include "base/arena.h"
#include "base/clock.h"
#include "text/json.h"

namespace zerq::auth {

struct JwtToken;

class JwtVerifier {
 public:
  // Null when there are problems; they are added to `problems`.
  static std::unique_ptr<const JwtVerifier> compile(const JwtConfig& config,
                                                    std::vector<AuthProblem>& problems);

  const VerifierId& id() const { return id_; }
  // The whole verification: shape, algorithm, key, signature, then claims.
  TokenResult verify(std::string_view token, WallTime now, Arena& arena) const;
  // The part of it that time can change; for a token that was verified before.
  std::expected<void, TokenRefusal> check_times(const VerifiedToken& token,
                                                WallTime now) const noexcept;

 private:
  struct ClaimRule {
    std::string pointer;  // RFC 6901.
    std::vector<text::json::value> values;
  };
  JwtVerifier() = default;

  std::expected<const KeySet::Key*, TokenRefusal> find_signer(const JwtToken& token) const;
  TokenResult check_claims(const text::json::value& claims, WallTime now, Arena& arena) const;
  std::expected<void, TokenRefusal> check_audience(const text::json::object& claims) const;
  std::expected<void, TokenRefusal> check_rules(const text::json::value& claims) const;

  VerifierId id_;
  KeySet keys_;
  std::vector<crypto::SignatureAlgorithm> algorithms_;
  std::string issuer_;
  std::vector<std::string> audiences_;
  int64_t clock_skew_s_ = kClockSkewDefaultS;
  std::vector<ClaimRule> required_claims_;
  std::string scope_pointer_;
};

// The id that compile() would give, without parsing a key: for reuse between revisions.
VerifierId verifier_id_of(const JwtConfig& config);

}  // namespace zerq::auth
