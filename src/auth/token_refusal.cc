// SPDX-License-Identifier: Apache-2.0
#include "auth/token_refusal.h"

namespace zerq::auth {

std::string_view token_refusal_reason(TokenRefusal refusal) noexcept {
  switch (refusal) {
    case TokenRefusal::kNoCredential: return "no_credential";
    case TokenRefusal::kNotBearer: return "not_bearer";
    case TokenRefusal::kTokenTooLarge: return "token_too_large";
    case TokenRefusal::kMalformedToken: return "malformed_token";
    case TokenRefusal::kWrongType: return "wrong_typ";
    case TokenRefusal::kCriticalHeader: return "crit_not_supported";
    case TokenRefusal::kAlgorithmNotAllowed: return "algorithm_not_allowed";
    case TokenRefusal::kUnknownKid: return "unknown_kid";
    case TokenRefusal::kNoKeyFits: return "no_key_fits";
    case TokenRefusal::kKidRequired: return "kid_required";
    case TokenRefusal::kBadSignature: return "bad_signature";
    case TokenRefusal::kMalformedClaims: return "malformed_claims";
    case TokenRefusal::kNoExpiry: return "no_expiry";
    case TokenRefusal::kMalformedTime: return "malformed_time";
    case TokenRefusal::kExpired: return "expired";
    case TokenRefusal::kNotYetValid: return "not_yet_valid";
    case TokenRefusal::kIssuedInFuture: return "issued_in_future";
    case TokenRefusal::kWrongIssuer: return "wrong_issuer";
    case TokenRefusal::kWrongAudience: return "wrong_audience";
    case TokenRefusal::kClaimMismatch: return "claim_mismatch";
    case TokenRefusal::kUnknownToken: return "unknown_token";
    case TokenRefusal::kTooManyFailures: return "too_many_failures";
  }
  return "refused";
}

}  // namespace zerq::auth
