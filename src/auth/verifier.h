// SPDX-License-Identifier: Apache-2.0
// What a verification yields, and the name of what did it. A verifier is one compiled auth
// configuration with its key set; its id is derived from all of their content, so that it changes
// with any field or key and stays the same over a reload that changes neither. Value types.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>

#include "auth/token_refusal.h"

namespace zerq::auth {

struct VerifierId {
  std::array<std::byte, 16> bytes{};

  friend bool operator==(const VerifierId&, const VerifierId&) = default;
};

// Views into the arena that was given to the verification.
struct VerifiedToken {
  std::string_view subject;
  std::string_view key_id;  // `kid` of the key that verified; empty: it has none.
  std::string_view scopes;  // Canonical (auth/scope_set.h); empty: none.
  std::string_view jti;
  int64_t expires_at_s = 0;  // `exp`.
  int64_t not_before_s = 0;  // The later of `nbf` and `iat`; 0: neither.
};

using TokenResult = std::expected<VerifiedToken, TokenRefusal>;

}  // namespace zerq::auth
