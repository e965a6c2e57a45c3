// SPDX-License-Identifier: Apache-2.0
// Verifying signatures of JOSE (RFC 7518, RFC 8037). A PublicKey is parsed once; a
// SignatureVerifier binds it to one algorithm that fits it, with a prepared context that each call
// copies. The key's type and curve decide which algorithms fit, never the token. Immutable after
// construction; any thread. Signing does not exist here.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace zerq::crypto {

enum class SignatureAlgorithm : uint8_t {
  kHs256,
  kHs384,
  kHs512,
  kRs256,
  kRs384,
  kRs512,
  kPs256,
  kPs384,
  kPs512,
  kEs256,
  kEs384,
  kEs512,
  kEdDsa,  // Ed25519 alone.
};
inline constexpr size_t kSignatureAlgorithmCount = 13;

// The exact name of the JOSE registry ("RS256"); there is no "none".
std::optional<SignatureAlgorithm> parse_signature_algorithm(std::string_view name) noexcept;
std::string_view signature_algorithm_name(SignatureAlgorithm algorithm) noexcept;
bool is_symmetric(SignatureAlgorithm algorithm) noexcept;
// RFC 7518 §3.2: a secret of at least the digest's size; 0 for what has a key pair.
size_t secret_bytes_min(SignatureAlgorithm algorithm) noexcept;

enum class EcCurve : uint8_t { kP256, kP384, kP521 };

class PublicKey {
 public:
  // Factories refuse with kMalformed and a static detail that says what is wrong with the key.

  // The shared secret of HMAC; at least 32 bytes.
  static Result<PublicKey> from_secret(Bytes secret);
  // One `PUBLIC KEY` or `RSA PUBLIC KEY` block and nothing else.
  static Result<PublicKey> from_pem(std::string_view pem);
  // Big-endian modulus of 2048 to 8192 bits and exponent, without leading zeros.
  static Result<PublicKey> from_rsa(Bytes modulus, Bytes exponent);
  // Coordinates of exactly the curve's size; the point must be on the curve.
  static Result<PublicKey> from_ec(EcCurve curve, Bytes x, Bytes y);
  static Result<PublicKey> from_ed25519(Bytes x);

  PublicKey(PublicKey&&) noexcept;
  PublicKey& operator=(PublicKey&&) noexcept;
  ~PublicKey();

  bool fits(SignatureAlgorithm algorithm) const noexcept;

 private:
  friend class SignatureVerifier;
  struct Material;
  explicit PublicKey(std::unique_ptr<Material> material) noexcept;
  std::unique_ptr<Material> material_;
};

class SignatureVerifier {
 public:
  // Precondition: key.fits(algorithm). The key need not outlive the verifier.
  SignatureVerifier(const PublicKey& key, SignatureAlgorithm algorithm);
  SignatureVerifier(SignatureVerifier&&) noexcept;
  SignatureVerifier& operator=(SignatureVerifier&&) noexcept;
  ~SignatureVerifier();

  SignatureAlgorithm algorithm() const noexcept { return algorithm_; }
  // `signature` as JOSE has it: r‖s for ECDSA.
  bool verify(Bytes message, Bytes signature) const noexcept;

 private:
  struct Prepared;
  SignatureAlgorithm algorithm_;
  std::unique_ptr<Prepared> prepared_;
};

}  // namespace zerq::crypto
