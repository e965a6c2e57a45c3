// SPDX-License-Identifier: Apache-2.0
// Step 8 of the request in one call (rung: Shard; one thread): memo, cache, budget of failures,
// verification, in the only order that is both quick and safe. Profiles, scopes and revocation are
// the filter's business, before and after.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "auth/failure_budget.h"
#include "auth/jwt_verifier.h"
#include "auth/opaque_token.h"
#include "auth/token_cache.h"
#include "base/arena.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/ip_address.h"
#include "base/object_id.h"
#include "crypto/digest.h"

namespace zerq::auth {

struct CredentialAttempt {
  std::string_view token;  // As parse_bearer gave it.
  IpAddress peer;
  ObjectId profile;
  Instant now;
  WallTime wall_now;
};

struct CredentialCheckerLimits {
  TokenCacheLimits cache;
  FailureBudgetLimits failures;
};

class CredentialChecker {
 public:
  struct Counts {
    uint64_t memo_hits = 0;
    uint64_t cache_hits = 0;
    uint64_t verified = 0;
    uint64_t refused = 0;
    uint64_t over_budget = 0;  // Among those refused.
  };

  explicit CredentialChecker(Bytes opaque_token_key, const CredentialCheckerLimits& limits = {});

  // Views of the result are in `arena`.
  TokenResult check_jwt(const JwtVerifier& verifier, const CredentialAttempt& attempt,
                        TokenMemo& memo, Arena& arena);
  // Whether it is one of `accepted`, in a time that does not depend on which. The result's views
  // are empty: an opaque token says nothing. No budget: a hash is cheaper than keeping account.
  TokenResult check_opaque(std::span<const OpaqueTokenHash> accepted,
                           const CredentialAttempt& attempt);

  const Counts& counts() const { return counts_; }
  const TokenCache& cache() const { return cache_; }

 private:
  OpaqueTokenHasher opaque_hasher_;
  crypto::Sha256 token_hasher_;
  TokenCache cache_;
  FailureBudget failures_;
  Counts counts_;
};

}  // namespace zerq::auth
