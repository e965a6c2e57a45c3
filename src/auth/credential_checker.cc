// SPDX-License-Identifier: Apache-2.0
#include "auth/credential_checker.h"

#include "crypto/constant_time.h"
#include "crypto/random.h"

namespace zerq::auth {
namespace {

uint64_t random_seed() {
  uint64_t seed;
  crypto::fill_random(std::as_writable_bytes(std::span(&seed, 1)));
  return seed;
}

}  // namespace

CredentialChecker::CredentialChecker(Bytes opaque_token_key, const CredentialCheckerLimits& limits)
    : opaque_hasher_(opaque_token_key),
      cache_(limits.cache),
      failures_(limits.failures, random_seed()) {}

TokenResult CredentialChecker::check_jwt(const JwtVerifier& verifier,
                                         const CredentialAttempt& attempt, TokenMemo& memo,
                                         Arena& arena) {
  const std::string_view token = attempt.token;
  const bool is_cacheable = cache_.may_hold(token);
  TokenCache::Key key;
  std::optional<VerifiedToken> known;
  if (is_cacheable) {
    known = cache_.find_by_memo(verifier.id(), token, memo, arena);
    if (known) {
      ++counts_.memo_hits;
    } else {
      key = {.verifier = verifier.id(), .token_digest = token_hasher_.digest(as_bytes(token))};
      known = cache_.find(key, token, memo, arena);
      counts_.cache_hits += known ? 1 : 0;
    }
  }
  // A known token costs nothing, so that a neighbour's failures do not shut out a good caller.
  if (known) {
    if (const auto times = verifier.check_times(*known, attempt.wall_now); !times) {
      ++counts_.refused;
      return std::unexpected(times.error());
    }
    return *known;
  }
  if (!failures_.may_try(attempt.peer, attempt.profile, attempt.now)) {
    ++counts_.refused;
    ++counts_.over_budget;
    return std::unexpected(TokenRefusal::kTooManyFailures);
  }
  const TokenResult verified = verifier.verify(token, attempt.wall_now, arena);
  if (!verified) {
    failures_.count_failure(attempt.peer, attempt.profile, attempt.now);
    ++counts_.refused;
    return verified;
  }
  ++counts_.verified;
  if (is_cacheable) {
    cache_.insert(key, token, *verified, memo);
  }
  return verified;
}

TokenResult CredentialChecker::check_opaque(std::span<const OpaqueTokenHash> accepted,
                                            const CredentialAttempt& attempt) {
  if (!is_opaque_token(attempt.token)) {
    ++counts_.refused;
    return std::unexpected(TokenRefusal::kUnknownToken);
  }
  const crypto::Digest256 hash = opaque_hasher_.hash(attempt.token);
  bool is_accepted = false;
  for (const OpaqueTokenHash& candidate : accepted) {
    const bool is_equal = crypto::is_equal_constant_time(hash, candidate.hash);
    is_accepted |= is_equal && attempt.wall_now < candidate.valid_until;
  }
  if (!is_accepted) {
    ++counts_.refused;
    return std::unexpected(TokenRefusal::kUnknownToken);
  }
  ++counts_.verified;
  return VerifiedToken{};
}

}  // namespace zerq::auth
