// SPDX-License-Identifier: Apache-2.0
// Opaque tokens: `zerq_tok_` and at least 43 of [A-Za-z0-9_-], known to us only by their
// HMAC-SHA-256 under a key of its own (semantics §3). Which hashes a profile accepts, and until
// when, is configuration; the comparison is auth/credential_checker.h.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "crypto/digest.h"
#include "crypto/random.h"

namespace zerq::auth {

inline constexpr std::string_view kOpaqueTokenPrefix = "zerq_tok_";
inline constexpr size_t kOpaqueTokenSecretCharsMin = 43;
inline constexpr size_t kOpaqueTokenBytesMax = 512;

bool is_opaque_token(std::string_view text) noexcept;
// 256 random bits.
std::string make_opaque_token(crypto::RandomSource& random);

// One hash that a profile accepts. Rotation keeps the old one until the end of its overlap.
struct OpaqueTokenHash {
  crypto::Digest256 hash{};
  WallTime valid_until{INT64_MAX};
};

// Keeps the key and a context; one a shard or thread.
class OpaqueTokenHasher {
 public:
  explicit OpaqueTokenHasher(Bytes key) : mac_(key) {}
  crypto::Digest256 hash(std::string_view token) noexcept { return mac_.digest(as_bytes(token)); }

 private:
  crypto::HmacSha256 mac_;
};

}  // namespace zerq::auth
