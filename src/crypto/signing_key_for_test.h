// SPDX-License-Identifier: Apache-2.0
// The other half of signature_verify.h, for tests and benchmarks alone: makes key pairs and signs
// as JOSE does. Header only, so that nothing of it is in the product.
#pragma once

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "crypto/signature_verify.h"

namespace zerq::crypto {

class SigningKeyForTest {
 public:
  static SigningKeyForTest rsa(unsigned bits) { return SigningKeyForTest(EVP_RSA_gen(bits)); }
  // "P-256", also curves that JOSE does not have.
  static SigningKeyForTest ec(const char* curve) { return SigningKeyForTest(EVP_EC_gen(curve)); }
  static SigningKeyForTest ed25519() {
    return SigningKeyForTest(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  }
  static SigningKeyForTest secret(std::string secret) {
    SigningKeyForTest key(nullptr);
    key.secret_ = std::move(secret);
    return key;
  }
  // A fitting pair, made at the first use: RSA keys take a while.
  static const SigningKeyForTest& shared(SignatureAlgorithm algorithm);

  std::string sign(SignatureAlgorithm algorithm, std::string_view message) const {
    return secret_.empty() ? sign_with_pair(algorithm, message)
                           : sign_with_secret(algorithm, message);
  }
  // PSS with a salt of another size than RFC 7518 asks for.
  std::string sign_pss_with_salt(SignatureAlgorithm algorithm, std::string_view message,
                                 int salt_bytes) const {
    return sign_digest(algorithm, message, salt_bytes);
  }

  // Big-endian without leading zeros; EC coordinates with them.
  std::string modulus() const { return number(OSSL_PKEY_PARAM_RSA_N, 0); }
  std::string exponent() const { return number(OSSL_PKEY_PARAM_RSA_E, 0); }
  std::string x() const {
    return EVP_PKEY_is_a(key_.get(), "EC") ? number(OSSL_PKEY_PARAM_EC_PUB_X, coordinate_bytes())
                                           : octets(OSSL_PKEY_PARAM_PUB_KEY);
  }
  std::string y() const { return number(OSSL_PKEY_PARAM_EC_PUB_Y, coordinate_bytes()); }
  const std::string& secret() const { return secret_; }

  std::string public_pem() const { return pem(&PEM_write_bio_PUBKEY); }
  std::string private_pem() const {
    return pem([](BIO* to, EVP_PKEY* key) {
      return PEM_write_bio_PrivateKey(to, key, nullptr, nullptr, 0, nullptr, nullptr);
    });
  }
  // With parameters spelled out instead of the curve's name.
  std::string explicit_curve_pem() const {
    EVP_PKEY* copy = EVP_PKEY_dup(key_.get());
    CHECK(EVP_PKEY_set_utf8_string_param(copy, OSSL_PKEY_PARAM_EC_ENCODING,
                                         OSSL_PKEY_EC_ENCODING_EXPLICIT) == 1);
    return SigningKeyForTest(copy).public_pem();
  }

  Result<PublicKey> public_key() const {
    if (!secret_.empty()) {
      return PublicKey::from_secret(as_bytes(secret_));
    }
    return PublicKey::from_pem(public_pem());
  }

 private:
  struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  explicit SigningKeyForTest(EVP_PKEY* key) : key_(key) {}

  static const char* digest_name(SignatureAlgorithm algorithm) {
    const std::string_view name = signature_algorithm_name(algorithm);
    return name.ends_with("256") ? "SHA256" : name.ends_with("384") ? "SHA384" : "SHA512";
  }

  std::string sign_with_secret(SignatureAlgorithm algorithm, std::string_view message) const {
    std::string mac(EVP_MAX_MD_SIZE, '\0');
    size_t bytes = 0;
    CHECK(EVP_Q_mac(nullptr, "HMAC", nullptr, digest_name(algorithm), nullptr, secret_.data(),
                    secret_.size(), reinterpret_cast<const unsigned char*>(message.data()),
                    message.size(), reinterpret_cast<unsigned char*>(mac.data()), mac.size(),
                    &bytes) != nullptr);
    mac.resize(bytes);
    return mac;
  }

  std::string sign_with_pair(SignatureAlgorithm algorithm, std::string_view message) const {
    std::string signature = sign_digest(algorithm, message, RSA_PSS_SALTLEN_DIGEST);
    return EVP_PKEY_is_a(key_.get(), "EC") ? from_der(signature) : signature;
  }

  std::string sign_digest(SignatureAlgorithm algorithm, std::string_view message,
                          int salt_bytes) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_PKEY_CTX* parameters = nullptr;
    const char* digest = algorithm == SignatureAlgorithm::kEdDsa ? nullptr : digest_name(algorithm);
    CHECK(EVP_DigestSignInit_ex(context, &parameters, digest, nullptr, nullptr, key_.get(),
                                nullptr) == 1);
    if (signature_algorithm_name(algorithm).starts_with("PS")) {
      CHECK(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1);
      CHECK(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, salt_bytes) == 1);
    }
    std::string signature(1024, '\0');
    size_t bytes = signature.size();
    CHECK(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &bytes,
                         reinterpret_cast<const unsigned char*>(message.data()),
                         message.size()) == 1);
    EVP_MD_CTX_free(context);
    signature.resize(bytes);
    return signature;
  }

  std::string from_der(std::string_view der) const {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    ECDSA_SIG* numbers = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
    CHECK(numbers != nullptr);
    const size_t half = coordinate_bytes();
    std::string joined(2 * half, '\0');
    auto* to = reinterpret_cast<unsigned char*>(joined.data());
    CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(numbers), to, static_cast<int>(half)) > 0);
    CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(numbers), to + half, static_cast<int>(half)) > 0);
    ECDSA_SIG_free(numbers);
    return joined;
  }

  size_t coordinate_bytes() const {
    return static_cast<size_t>(EVP_PKEY_get_bits(key_.get()) + 7) / 8;
  }

  std::string number(const char* name, size_t bytes_min) const {
    BIGNUM* value = nullptr;
    CHECK(EVP_PKEY_get_bn_param(key_.get(), name, &value) == 1);
    std::string bytes(std::max(bytes_min, static_cast<size_t>(BN_num_bytes(value))), '\0');
    CHECK(BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()),
                       static_cast<int>(bytes.size())) > 0);
    BN_free(value);
    return bytes;
  }

  std::string octets(const char* name) const {
    std::string bytes(256, '\0');
    size_t size = 0;
    CHECK(EVP_PKEY_get_octet_string_param(key_.get(), name,
                                          reinterpret_cast<unsigned char*>(bytes.data()),
                                          bytes.size(), &size) == 1);
    bytes.resize(size);
    return bytes;
  }

  template <class Write>
  std::string pem(Write write) const {
    BIO* to = BIO_new(BIO_s_mem());
    CHECK(write(to, key_.get()) == 1);
    char* text = nullptr;
    const long bytes = BIO_get_mem_data(to, &text);
    std::string copy(text, static_cast<size_t>(bytes));
    BIO_free(to);
    return copy;
  }

  std::unique_ptr<EVP_PKEY, FreeKey> key_;
  std::string secret_;
};

inline const SigningKeyForTest& SigningKeyForTest::shared(SignatureAlgorithm algorithm) {
  static const SigningKeyForTest kSecret = secret(std::string(64, 's'));
  static const SigningKeyForTest kRsa = rsa(2048);
  static const SigningKeyForTest kP256 = ec("P-256");
  static const SigningKeyForTest kP384 = ec("P-384");
  static const SigningKeyForTest kP521 = ec("P-521");
  static const SigningKeyForTest kEd25519 = ed25519();
  switch (algorithm) {
    case SignatureAlgorithm::kHs256:
    case SignatureAlgorithm::kHs384:
    case SignatureAlgorithm::kHs512: return kSecret;
    case SignatureAlgorithm::kEs256: return kP256;
    case SignatureAlgorithm::kEs384: return kP384;
    case SignatureAlgorithm::kEs512: return kP521;
    case SignatureAlgorithm::kEdDsa: return kEd25519;
    default: return kRsa;
  }
}

}  // namespace zerq::crypto
