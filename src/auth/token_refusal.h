// SPDX-License-Identifier: Apache-2.0
// Every way in which a credential is refused, and the word for it. The word goes into the record's
// `reason` and nowhere else: the caller gets one 401 for all of them (semantics §7). A closed list,
// printed in docs/guide/authentication.md.
#pragma once

#include <cstdint>
#include <string_view>

namespace zerq::auth {

enum class TokenRefusal : uint8_t {
  kNoCredential,  // No `Authorization` at all.
  kNotBearer,  // Another scheme, or more than one word behind it.
  kTokenTooLarge,  // Over 16 KiB.
  kMalformedToken,  // Not three canonical base64url parts of strict JSON.
  kWrongType,  // `typ` is neither absent, JWT nor at+jwt.
  kCriticalHeader,  // `crit` names what we do not know, which is everything.
  kAlgorithmNotAllowed,  // Not in `algorithms`, "none" and all other unknown names too.
  kUnknownKid,  // No key of that name.
  kNoKeyFits,  // The named key is not for this algorithm.
  kKidRequired,  // Too many keys fit to try them all.
  kBadSignature,
  kMalformedClaims,  // Not an object, or a claim of the wrong type.
  kNoExpiry,
  kMalformedTime,  // exp, nbf or iat is no whole number of seconds up to the year 9999.
  kExpired,
  kNotYetValid,
  kIssuedInFuture,
  kWrongIssuer,
  kWrongAudience,
  kClaimMismatch,  // One of `required_claims` is missing or has another value.
  kUnknownToken,  // An opaque token that is not, or not any longer, this profile's.
  kTooManyFailures,  // This address failed too often on this profile; nothing was looked at.
};
inline constexpr size_t kTokenRefusalCount = 22;

// "bad_signature"; static text.
std::string_view token_refusal_reason(TokenRefusal refusal) noexcept;

}  // namespace zerq::auth
