// SPDX-License-Identifier: Apache-2.0
#include "crypto/openssl/key_material.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include <cstring>
#include <string>

#include "base/check.h"

namespace zerq::crypto::openssl {
namespace {

using BigNumberPtr = std::unique_ptr<BIGNUM, Free<BN_free>>;
using ParamBuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using BioPtr = std::unique_ptr<BIO, Free<BIO_vfree>>;
using DecoderPtr = std::unique_ptr<OSSL_DECODER_CTX, Free<OSSL_DECODER_CTX_free>>;

constexpr int kRsaBitsMin = 2048;
constexpr int kRsaBitsMax = 8192;  // The work grows with the square.
constexpr int kExponentBitsMax = 32;

std::unexpected<Error> bad_key(std::string_view what) {
  ERR_clear_error();
  return fail(ErrorCode::kMalformed, what);
}

const unsigned char* raw(Bytes bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

PkeyPtr make_pkey(const char* type, const ParamBuilderPtr& builder) {
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder.get()));
  const PkeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  CHECK(params != nullptr && context != nullptr);
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    EVP_PKEY_free(key);
    return nullptr;
  }
  return PkeyPtr(key);
}

// Not the primality tests of EVP_PKEY_public_check, which take milliseconds: the operator names
// the key; what is caught here are the weak ones that exist in practice.
const char* find_rsa_weakness(const BIGNUM* modulus, const BIGNUM* exponent) {
  if (BN_num_bits(modulus) < kRsaBitsMin) {
    return "RSA key is shorter than 2048 bits";
  }
  if (BN_num_bits(modulus) > kRsaBitsMax) {
    return "RSA key is longer than 8192 bits";
  }
  if (!BN_is_odd(modulus)) {
    return "RSA modulus is even";
  }
  if (!BN_is_odd(exponent) || BN_is_one(exponent) || BN_num_bits(exponent) > kExponentBitsMax) {
    return "RSA exponent is not an odd number from 3 to 2^32";
  }
  return nullptr;
}

Result<Key> classify_rsa(PkeyPtr key) {
  BIGNUM* modulus = nullptr;
  BIGNUM* exponent = nullptr;
  const int read = EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_RSA_N, &modulus) &
                   EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_RSA_E, &exponent);
  const BigNumberPtr owned_modulus(modulus);
  const BigNumberPtr owned_exponent(exponent);
  if (read != 1) {
    return bad_key("RSA key has no modulus and exponent");
  }
  if (const char* weakness = find_rsa_weakness(modulus, exponent)) {
    return bad_key(weakness);
  }
  return Key{.kind = KeyKind::kRsa, .pkey = std::move(key)};
}

Result<Key> classify_ec(PkeyPtr key) {
  char text[32];
  size_t text_bytes = 0;
  // Explicit parameters could name a generator of their own (CVE-2020-0601).
  if (EVP_PKEY_get_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_ENCODING, text, sizeof text,
                                     &text_bytes) != 1 ||
      std::string_view(text, text_bytes) != OSSL_PKEY_EC_ENCODING_GROUP ||
      EVP_PKEY_get_group_name(key.get(), text, sizeof text, &text_bytes) != 1) {
    return bad_key("EC key does not name its curve");
  }
  const std::string_view curve(text, text_bytes);
  if (curve == "prime256v1") {
    return Key{.kind = KeyKind::kP256, .pkey = std::move(key)};
  }
  if (curve == "secp384r1") {
    return Key{.kind = KeyKind::kP384, .pkey = std::move(key)};
  }
  if (curve == "secp521r1") {
    return Key{.kind = KeyKind::kP521, .pkey = std::move(key)};
  }
  return bad_key("EC key is on another curve than P-256, P-384, P-521");
}

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

bool is_one_block(std::string_view pem, std::string_view label) {
  const std::string begin = "-----BEGIN " + std::string(label) + "-----";
  const std::string end = "-----END " + std::string(label) + "-----";
  return pem.starts_with(begin) && pem.find(end) + end.size() == pem.size();
}

}  // namespace

const AlgorithmTraits& traits_of(SignatureAlgorithm algorithm) noexcept {
  static constexpr AlgorithmTraits kTraits[kSignatureAlgorithmCount] = {
      {"HS256", KeyKind::kSecret, "SHA2-256", false},
      {"HS384", KeyKind::kSecret, "SHA2-384", false},
      {"HS512", KeyKind::kSecret, "SHA2-512", false},
      {"RS256", KeyKind::kRsa, "SHA2-256", false},
      {"RS384", KeyKind::kRsa, "SHA2-384", false},
      {"RS512", KeyKind::kRsa, "SHA2-512", false},
      {"PS256", KeyKind::kRsa, "SHA2-256", true},
      {"PS384", KeyKind::kRsa, "SHA2-384", true},
      {"PS512", KeyKind::kRsa, "SHA2-512", true},
      {"ES256", KeyKind::kP256, "SHA2-256", false},
      {"ES384", KeyKind::kP384, "SHA2-384", false},
      {"ES512", KeyKind::kP521, "SHA2-512", false},
      {"EdDSA", KeyKind::kEd25519, nullptr, false},
  };
  return kTraits[static_cast<size_t>(algorithm)];
}

size_t coordinate_bytes(KeyKind kind) noexcept {
  switch (kind) {
    case KeyKind::kP256: return 32;
    case KeyKind::kP384: return 48;
    case KeyKind::kP521: return 66;
    case KeyKind::kSecret:
    case KeyKind::kRsa:
    case KeyKind::kEd25519: return 0;
  }
  return 0;
}

Result<Key> make_rsa_key(Bytes modulus, Bytes exponent) {
  // RFC 7518 §2 "Base64urlUInt": the minimum number of octets.
  if (modulus.empty() || exponent.empty() || modulus.front() == std::byte{0} ||
      exponent.front() == std::byte{0}) {
    return bad_key("RSA number is empty or begins with a zero byte");
  }
  if (modulus.size() > kRsaBitsMax / 8 || exponent.size() > kExponentBitsMax / 8) {
    return bad_key("RSA number is too long: 8192 bits of modulus, 32 of exponent");
  }
  const BigNumberPtr n(BN_bin2bn(raw(modulus), static_cast<int>(modulus.size()), nullptr));
  const BigNumberPtr e(BN_bin2bn(raw(exponent), static_cast<int>(exponent.size()), nullptr));
  const ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  CHECK(n != nullptr && e != nullptr && builder != nullptr);
  CHECK(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1);
  CHECK(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1);
  PkeyPtr key = make_pkey("RSA", builder);
  if (key == nullptr) {
    return bad_key("RSA key is not valid");
  }
  return classify_rsa(std::move(key));
}

Result<Key> make_ec_key(EcCurve curve, Bytes x, Bytes y) {
  static constexpr struct {
    KeyKind kind;
    const char* group;
  } kCurves[] = {{KeyKind::kP256, "P-256"}, {KeyKind::kP384, "P-384"}, {KeyKind::kP521, "P-521"}};
  const auto& [kind, group] = kCurves[static_cast<size_t>(curve)];
  const size_t size = coordinate_bytes(kind);
  // RFC 7518 §6.2.1.2: the full size of a coordinate, leading zeros too.
  if (x.size() != size || y.size() != size) {
    return bad_key("EC coordinate has not the size of its curve");
  }
  std::array<unsigned char, 1 + 2 * 66> point;
  point[0] = 0x04;  // SEC 1 §2.3.3: uncompressed.
  std::memcpy(point.data() + 1, x.data(), size);
  std::memcpy(point.data() + 1 + size, y.data(), size);
  const ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  CHECK(builder != nullptr);
  CHECK(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1);
  CHECK(OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                         1 + 2 * size) == 1);
  PkeyPtr key = make_pkey("EC", builder);
  if (key == nullptr) {
    return bad_key("EC point is not on its curve");
  }
  return Key{.kind = kind, .pkey = std::move(key)};
}

Result<Key> make_ed25519_key(Bytes x) {
  PkeyPtr key(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, raw(x), x.size()));
  if (key == nullptr) {
    return bad_key("Ed25519 key is not 32 bytes");
  }
  return Key{.kind = KeyKind::kEd25519, .pkey = std::move(key)};
}

Result<Key> parse_pem_key(std::string_view pem) {
  pem = trim(pem);
  if (pem.find("PRIVATE KEY-----") != pem.npos) {
    return bad_key("PEM holds a private key; only the public half belongs here");
  }
  if (!is_one_block(pem, "PUBLIC KEY") && !is_one_block(pem, "RSA PUBLIC KEY")) {
    return bad_key("PEM is not one PUBLIC KEY block");
  }
  EVP_PKEY* decoded = nullptr;
  const DecoderPtr decoder(OSSL_DECODER_CTX_new_for_pkey(&decoded, "PEM", nullptr, nullptr,
                                                         EVP_PKEY_PUBLIC_KEY, nullptr, nullptr));
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  CHECK(decoder != nullptr && bio != nullptr);
  const int was_decoded = OSSL_DECODER_from_bio(decoder.get(), bio.get());
  PkeyPtr key(decoded);
  if (was_decoded != 1 || key == nullptr) {
    return bad_key("PEM does not decode to a public key");
  }
  if (EVP_PKEY_is_a(key.get(), "RSA")) {
    return classify_rsa(std::move(key));
  }
  if (EVP_PKEY_is_a(key.get(), "EC")) {
    return classify_ec(std::move(key));
  }
  if (EVP_PKEY_is_a(key.get(), "ED25519")) {
    return Key{.kind = KeyKind::kEd25519, .pkey = std::move(key)};
  }
  return bad_key("PEM key is neither RSA, EC nor Ed25519");
}

}  // namespace zerq::crypto::openssl
