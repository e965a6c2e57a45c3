// SPDX-License-Identifier: Apache-2.0
#include "crypto/signature_verify.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include <array>

#include "base/check.h"
#include "crypto/constant_time.h"
#include "crypto/openssl/key_material.h"

namespace zerq::crypto {
namespace {

using openssl::KeyKind;
using openssl::traits_of;

// DER of two integers of 66 bytes: 3 + 2 × (2 + 67).
constexpr size_t kDerSignatureBytesMax = 141;
constexpr size_t kMacBytesMax = 64;

const unsigned char* raw(Bytes bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// JOSE has r‖s (RFC 7518 §3.4), OpenSSL wants the DER of both: the bytes written, 0 when the
// signature has not exactly the size of its curve.
size_t to_der(Bytes signature, size_t half, std::array<unsigned char, kDerSignatureBytesMax>& to) {
  if (signature.size() != 2 * half) {
    return 0;
  }
  const std::unique_ptr<ECDSA_SIG, openssl::Free<ECDSA_SIG_free>> numbers(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(raw(signature), static_cast<int>(half), nullptr);
  BIGNUM* s = BN_bin2bn(raw(signature) + half, static_cast<int>(half), nullptr);
  CHECK(numbers != nullptr && r != nullptr && s != nullptr);
  CHECK(ECDSA_SIG_set0(numbers.get(), r, s) == 1);
  unsigned char* end = to.data();
  const int written = i2d_ECDSA_SIG(numbers.get(), &end);
  CHECK(written > 0 && static_cast<size_t>(written) <= to.size());
  return static_cast<size_t>(written);
}

}  // namespace

std::optional<SignatureAlgorithm> parse_signature_algorithm(std::string_view name) noexcept {
  for (size_t i = 0; i < kSignatureAlgorithmCount; ++i) {
    const auto algorithm = static_cast<SignatureAlgorithm>(i);
    if (traits_of(algorithm).name == name) {
      return algorithm;
    }
  }
  return std::nullopt;
}

std::string_view signature_algorithm_name(SignatureAlgorithm algorithm) noexcept {
  return traits_of(algorithm).name;
}

bool is_symmetric(SignatureAlgorithm algorithm) noexcept {
  return traits_of(algorithm).kind == KeyKind::kSecret;
}

size_t secret_bytes_min(SignatureAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case SignatureAlgorithm::kHs256: return 32;
    case SignatureAlgorithm::kHs384: return 48;
    case SignatureAlgorithm::kHs512: return 64;
    default: return 0;
  }
}

struct PublicKey::Material {
  KeyKind kind;
  openssl::PkeyPtr pkey;
  std::vector<std::byte> secret;

  ~Material() { wipe_secret(secret); }

  static Result<PublicKey> wrap(Result<openssl::Key> key) {
    openssl::Key made = TRY(std::move(key));
    return PublicKey(std::unique_ptr<Material>(new Material{made.kind, std::move(made.pkey), {}}));
  }
};

PublicKey::PublicKey(std::unique_ptr<Material> material) noexcept
    : material_(std::move(material)) {}
PublicKey::PublicKey(PublicKey&&) noexcept = default;
PublicKey& PublicKey::operator=(PublicKey&&) noexcept = default;
PublicKey::~PublicKey() = default;

Result<PublicKey> PublicKey::from_secret(Bytes secret) {
  if (secret.size() < secret_bytes_min(SignatureAlgorithm::kHs256)) {
    return fail(ErrorCode::kMalformed, "secret is shorter than 32 bytes");
  }
  return PublicKey(std::unique_ptr<Material>(
      new Material{KeyKind::kSecret, nullptr, {secret.begin(), secret.end()}}));
}

Result<PublicKey> PublicKey::from_pem(std::string_view pem) {
  return Material::wrap(openssl::parse_pem_key(pem));
}

Result<PublicKey> PublicKey::from_rsa(Bytes modulus, Bytes exponent) {
  return Material::wrap(openssl::make_rsa_key(modulus, exponent));
}

Result<PublicKey> PublicKey::from_ec(EcCurve curve, Bytes x, Bytes y) {
  return Material::wrap(openssl::make_ec_key(curve, x, y));
}

Result<PublicKey> PublicKey::from_ed25519(Bytes x) {
  return Material::wrap(openssl::make_ed25519_key(x));
}

bool PublicKey::fits(SignatureAlgorithm algorithm) const noexcept {
  return traits_of(algorithm).kind == material_->kind &&
         (material_->kind != KeyKind::kSecret ||
          material_->secret.size() >= secret_bytes_min(algorithm));
}

// Exactly one of the two is set. Both only ever serve as originals of copies, which is safe from
// several threads at once.
struct SignatureVerifier::Prepared {
  openssl::MacContextPtr mac;
  openssl::DigestContextPtr asymmetric;
  size_t coordinate_bytes = 0;
  size_t mac_bytes = 0;

  bool verify_mac(Bytes message, Bytes signature) const noexcept {
    const openssl::MacContextPtr context(EVP_MAC_CTX_dup(mac.get()));
    CHECK(context != nullptr);
    std::array<std::byte, kMacBytesMax> expected;
    size_t written = 0;
    CHECK(EVP_MAC_update(context.get(), raw(message), message.size()) == 1);
    CHECK(EVP_MAC_final(context.get(), reinterpret_cast<unsigned char*>(expected.data()), &written,
                        expected.size()) == 1);
    CHECK(written == mac_bytes);
    return is_equal_constant_time(signature, Bytes(expected).first(written));
  }

  bool verify_asymmetric(Bytes message, Bytes signature) const noexcept {
    std::array<unsigned char, kDerSignatureBytesMax> der;
    if (coordinate_bytes != 0) {
      const size_t der_bytes = to_der(signature, coordinate_bytes, der);
      if (der_bytes == 0) {
        return false;
      }
      signature = std::as_bytes(std::span(der).first(der_bytes));
    }
    const openssl::DigestContextPtr context(EVP_MD_CTX_new());
    CHECK(context != nullptr && EVP_MD_CTX_copy_ex(context.get(), asymmetric.get()) == 1);
    const bool is_good = EVP_DigestVerify(context.get(), raw(signature), signature.size(),
                                          raw(message), message.size()) == 1;
    if (!is_good) {
      ERR_clear_error();
    }
    return is_good;
  }
};

SignatureVerifier::SignatureVerifier(const PublicKey& key, SignatureAlgorithm algorithm)
    : algorithm_(algorithm), prepared_(std::make_unique<Prepared>()) {
  CHECK(key.fits(algorithm));
  const openssl::AlgorithmTraits& traits = traits_of(algorithm);
  const PublicKey::Material& material = *key.material_;
  if (traits.kind == KeyKind::kSecret) {
    prepared_->mac =
        openssl::make_hmac(traits.digest_name, material.secret.data(), material.secret.size());
    prepared_->mac_bytes = secret_bytes_min(algorithm);
    return;
  }
  prepared_->coordinate_bytes = openssl::coordinate_bytes(traits.kind);
  prepared_->asymmetric.reset(EVP_MD_CTX_new());
  CHECK(prepared_->asymmetric != nullptr);
  EVP_PKEY_CTX* parameters = nullptr;  // Belongs to the digest context.
  CHECK(EVP_DigestVerifyInit_ex(prepared_->asymmetric.get(), &parameters, traits.digest_name,
                                nullptr, nullptr, material.pkey.get(), nullptr) == 1);
  if (traits.is_pss) {
    // RFC 7518 §3.5: MGF1 with the same hash, and a salt of its size.
    CHECK(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1);
    CHECK(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1);
  }
}
SignatureVerifier::SignatureVerifier(SignatureVerifier&&) noexcept = default;
SignatureVerifier& SignatureVerifier::operator=(SignatureVerifier&&) noexcept = default;
SignatureVerifier::~SignatureVerifier() = default;

bool SignatureVerifier::verify(Bytes message, Bytes signature) const noexcept {
  return prepared_->mac != nullptr ? prepared_->verify_mac(message, signature)
                                   : prepared_->verify_asymmetric(message, signature);
}

}  // namespace zerq::crypto
