// SPDX-License-Identifier: Apache-2.0
// The compact form of a signed JWT (RFC 7515 §7.1), read strictly: three parts of canonical
// base64url, a protected header that is an object without duplicates. Says nothing about whether
// the token is good. The header cannot bring a key: `jwk`, `jku`, `x5c` and `x5u` are not read.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "auth/token_refusal.h"
#include "crypto/signature_verify.h"
#include "text/json.h"

namespace zerq::auth {

inline constexpr size_t kJwtBytesMax = 16 * 1024;

struct JwtToken {
  std::string_view signed_text;   // Header and payload with the dot between them, as received.
  std::string_view payload_text;  // Still encoded: nobody reads claims before the signature.
  std::string signature;
  crypto::SignatureAlgorithm algorithm = crypto::SignatureAlgorithm::kHs256;
  std::optional<std::string> kid;
};

// Views of the result are into `token`.
std::expected<JwtToken, TokenRefusal> parse_jwt(std::string_view token);

// An object, or a refusal.
std::expected<text::json::value, TokenRefusal> parse_jwt_claims(std::string_view payload_text);

}  // namespace zerq::auth
