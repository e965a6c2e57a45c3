// SPDX-License-Identifier: Apache-2.0
// The keys that may verify tokens of one verifier, parsed once and bound to the algorithms that the
// configuration allows. Immutable; any thread. Where a set comes from (inline, PEM; later fetched)
// is the caller's business.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/auth_config.h"
#include "crypto/signature_verify.h"
#include "text/json.h"

namespace zerq::auth {

inline constexpr size_t kKeysMax = 100;
inline constexpr size_t kKeyIdBytesMax = 256;
// Without a `kid` every fitting key is tried; at 20 µs each, more would hold a shard too long.
inline constexpr size_t kKeysTriedMax = 8;

class KeySet {
 public:
  struct Key {
    std::string id;  // Empty: none.
    std::vector<crypto::SignatureVerifier> verifiers;
  };
  using Algorithms = std::span<const crypto::SignatureAlgorithm>;

  KeySet() = default;

  // RFC 7517 §5. Keys for another use, of an unknown type or for no allowed algorithm are left out.
  // Malformed, weak, private and secret keys and equal ids are problems; problems: an empty set.
  static KeySet from_jwks(const text::json::value& jwks, Algorithms allowed,
                          std::vector<AuthProblem>& problems);
  static KeySet from_pem(std::string_view pem, Algorithms allowed,
                         std::vector<AuthProblem>& problems);
  static KeySet from_secret(std::string_view secret, Algorithms allowed,
                            std::vector<AuthProblem>& problems);

  std::span<const Key> keys() const { return keys_; }
  bool has_ids() const { return has_ids_; }
  // Null: no key of that name.
  const Key* find(std::string_view id) const noexcept;

 private:
  void add(std::string_view id, const crypto::PublicKey& key, Algorithms usable);

  std::vector<Key> keys_;
  bool has_ids_ = false;
};

}  // namespace zerq::auth
