// SPDX-License-Identifier: Apache-2.0
// What a key is made of inside: a secret, or a parsed OpenSSL key of one of the kinds that we
// accept. Immutable after its construction; any thread.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/openssl/algorithm_table.h"
#include "crypto/signature_verify.h"

namespace zerq::crypto::openssl {

enum class KeyKind : uint8_t { kSecret, kRsa, kP256, kP384, kP521, kEd25519 };

// What one JOSE algorithm is to OpenSSL.
struct AlgorithmTraits {
  std::string_view name;  // In the JOSE registry.
  KeyKind kind;
  const char* digest_name;  // Null: the signature scheme brings its own.
  bool is_pss;
};
const AlgorithmTraits& traits_of(SignatureAlgorithm algorithm) noexcept;

// Bytes of one coordinate, and of r or s: RFC 7518 §3.4. 0: no elliptic curve of JOSE.
size_t coordinate_bytes(KeyKind kind) noexcept;

struct Key {
  KeyKind kind;
  PkeyPtr pkey;
};
Result<Key> make_rsa_key(Bytes modulus, Bytes exponent);
Result<Key> make_ec_key(EcCurve curve, Bytes x, Bytes y);
Result<Key> make_ed25519_key(Bytes x);
Result<Key> parse_pem_key(std::string_view pem);

}  // namespace zerq::crypto::openssl
