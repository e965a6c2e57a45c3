// SPDX-License-Identifier: Apache-2.0
// How one profile recognises its callers, with secrets resolved (product §4 "Profile"; semantics
// §7). Plain structs that control fills from the configuration; compile_verifier in
// auth/jwt_verifier.h checks them and says everything that is wrong with them at once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "crypto/signature_verify.h"
#include "text/json.h"

namespace zerq::auth {

inline constexpr uint32_t kClockSkewDefaultS = 5;
inline constexpr uint32_t kClockSkewMaxS = 60;

enum class JwtKind : uint8_t {
  kSharedSecret,  // Auth type `jwt`: HS*, `secret`.
  kPublicKeys,    // Auth type `oidc`: RS*, PS*, ES*, EdDSA; `jwks` or `public_key_pem`.
};

struct JwtConfig {
  JwtKind kind = JwtKind::kSharedSecret;
  // Empty: HS256 for `jwt`, RS256 for `oidc` (what OpenID Connect Core §2 expects).
  std::vector<crypto::SignatureAlgorithm> algorithms;
  // `jwt` may leave issuer and audiences empty: then they are not looked at. `oidc` may not.
  std::string issuer;
  std::vector<std::string> audiences;  // The token's `aud` must hold one of them.
  uint32_t clock_skew_s = kClockSkewDefaultS;
  // JSON pointer ("/realm/roles") or top-level name → the value, or a list of which one must match.
  // A claim that is an array matches when it holds such a value.
  text::json::object required_claims;
  std::string scope_claim = "scope";  // Top-level name, or JSON pointer when it begins with '/'.

  std::string secret;  // `jwt`: raw bytes.
  text::json::value jwks;  // `oidc`: an RFC 7517 set; null: none.
  std::string public_key_pem;  // `oidc`: one key without a name; empty: none.
};

// One mistake of the operator. `field` is relative to the profile's `auth`: "jwks.keys[2].n".
struct AuthProblem {
  std::string field;
  std::string message;  // "found; allowed", without a secret.
};

}  // namespace zerq::auth
