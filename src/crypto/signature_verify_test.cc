// SPDX-License-Identifier: Apache-2.0
#include "crypto/signature_verify.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "crypto/signing_key_for_test.h"

namespace zerq::crypto {
namespace {

using Algorithm = SignatureAlgorithm;

std::vector<Algorithm> every_algorithm() {
  std::vector<Algorithm> all;
  for (size_t i = 0; i < kSignatureAlgorithmCount; ++i) {
    all.push_back(static_cast<Algorithm>(i));
  }
  return all;
}

SignatureVerifier verifier_for(Algorithm algorithm) {
  return SignatureVerifier(SigningKeyForTest::shared(algorithm).public_key().value(), algorithm);
}

bool is_good(const SignatureVerifier& verifier, std::string_view message,
             std::string_view signature) {
  return verifier.verify(as_bytes(message), as_bytes(signature));
}

std::string_view refusal(const Result<PublicKey>& key) {
  return key.has_value() ? "accepted" : key.error().detail;
}

TEST(SignatureAlgorithm, NamesAreExactAndNoneIsNone) {
  for (const Algorithm algorithm : every_algorithm()) {
    EXPECT_EQ(parse_signature_algorithm(signature_algorithm_name(algorithm)), algorithm);
  }
  for (const char* name : {"none", "None", "NONE", "nOnE", "", "hs256", "HS256 ", "ES256K", "RS1",
                           "HS1", "Ed448", "EDDSA", "RSA-OAEP", "dir"}) {
    EXPECT_FALSE(parse_signature_algorithm(name)) << name;
  }
}

TEST(SignatureVerifier, AcceptsWhatItsOwnKeySigned) {
  for (const Algorithm algorithm : every_algorithm()) {
    const SigningKeyForTest& key = SigningKeyForTest::shared(algorithm);
    const SignatureVerifier verifier = verifier_for(algorithm);
    for (const std::string& message : {std::string(), std::string("m"), std::string(5000, 'x')}) {
      EXPECT_TRUE(is_good(verifier, message, key.sign(algorithm, message)))
          << signature_algorithm_name(algorithm) << " " << message.size();
    }
  }
}

TEST(SignatureVerifier, RefusesEveryFlippedBitAndOtherLength) {
  for (const Algorithm algorithm : every_algorithm()) {
    const SignatureVerifier verifier = verifier_for(algorithm);
    const std::string good = SigningKeyForTest::shared(algorithm).sign(algorithm, "message");
    for (size_t bit = 0; bit < good.size() * 8; bit += 7) {
      std::string bad = good;
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
      EXPECT_FALSE(is_good(verifier, "message", bad)) << signature_algorithm_name(algorithm);
    }
    for (const std::string& bad :
         {std::string(), good.substr(1), good.substr(0, good.size() - 1), good + '\0', '\0' + good,
          good + good, std::string(good.size(), '\0'), std::string(good.size(), '\xff'),
          std::string(16'000, 'x')}) {
      EXPECT_FALSE(is_good(verifier, "message", bad)) << signature_algorithm_name(algorithm);
    }
    EXPECT_FALSE(is_good(verifier, "massage", good));
    EXPECT_TRUE(is_good(verifier, "message", good));
  }
}

TEST(SignatureVerifier, RefusesTheSignaturesOfOtherKeysOfItsKind) {
  const SigningKeyForTest other_rsa = SigningKeyForTest::rsa(2048);
  const SigningKeyForTest other_ec = SigningKeyForTest::ec("P-256");
  const SigningKeyForTest other_ed = SigningKeyForTest::ed25519();
  const SigningKeyForTest other_secret = SigningKeyForTest::secret(std::string(64, 'o'));
  EXPECT_FALSE(
      is_good(verifier_for(Algorithm::kRs256), "m", other_rsa.sign(Algorithm::kRs256, "m")));
  EXPECT_FALSE(
      is_good(verifier_for(Algorithm::kPs512), "m", other_rsa.sign(Algorithm::kPs512, "m")));
  EXPECT_FALSE(
      is_good(verifier_for(Algorithm::kEs256), "m", other_ec.sign(Algorithm::kEs256, "m")));
  EXPECT_FALSE(
      is_good(verifier_for(Algorithm::kEdDsa), "m", other_ed.sign(Algorithm::kEdDsa, "m")));
  EXPECT_FALSE(
      is_good(verifier_for(Algorithm::kHs256), "m", other_secret.sign(Algorithm::kHs256, "m")));
}

// The same key under another algorithm of its kind: RS256 is neither RS384 nor PS256.
TEST(SignatureVerifier, RefusesTheSignaturesOfOtherAlgorithms) {
  for (const Algorithm signed_with : every_algorithm()) {
    const std::string signature = SigningKeyForTest::shared(signed_with).sign(signed_with, "m");
    for (const Algorithm algorithm : every_algorithm()) {
      EXPECT_EQ(is_good(verifier_for(algorithm), "m", signature), algorithm == signed_with)
          << signature_algorithm_name(signed_with) << " " << signature_algorithm_name(algorithm);
    }
  }
}

// RFC 7518 §3.5: the salt has the size of the hash.
TEST(SignatureVerifier, RefusesPssWithAnotherSalt) {
  const SigningKeyForTest& key = SigningKeyForTest::shared(Algorithm::kPs256);
  const SignatureVerifier verifier = verifier_for(Algorithm::kPs256);
  EXPECT_TRUE(is_good(verifier, "m", key.sign_pss_with_salt(Algorithm::kPs256, "m", 32)));
  for (const int salt_bytes : {0, 20, 31, 33, 64}) {
    EXPECT_FALSE(
        is_good(verifier, "m", key.sign_pss_with_salt(Algorithm::kPs256, "m", salt_bytes)));
  }
}

std::string order_of_p256() {
  static constexpr unsigned char kOrder[] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
                                             0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                             0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
                                             0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
  return {reinterpret_cast<const char*>(kOrder), sizeof kOrder};
}

// Zero passed in Java once (CVE-2022-21449); numbers from the order on are not numbers mod it.
TEST(SignatureVerifier, RefusesEcdsaNumbersOutOfRange) {
  const SignatureVerifier verifier = verifier_for(Algorithm::kEs256);
  const std::string good =
      SigningKeyForTest::shared(Algorithm::kEs256).sign(Algorithm::kEs256, "m");
  const std::string zero(32, '\0');
  const std::string order = order_of_p256();
  const std::string r = good.substr(0, 32);
  const std::string s = good.substr(32);
  std::string one = zero;
  one.back() = 1;
  for (const std::string& bad : {zero + zero, zero + s, r + zero, order + s, r + order,
                                 order + order, zero + order, one + zero, s + r, one + one}) {
    EXPECT_FALSE(is_good(verifier, "m", bad));
  }
}

// RFC 7518 §3.4: r‖s, never the DER that other protocols use.
TEST(SignatureVerifier, RefusesEcdsaInDer) {
  const std::string good =
      SigningKeyForTest::shared(Algorithm::kEs256).sign(Algorithm::kEs256, "m");
  std::string der = std::string("\x30\x46\x02\x21\0", 5) + good.substr(0, 32) +
                    std::string("\x02\x21\0", 3) + good.substr(32);
  EXPECT_FALSE(is_good(verifier_for(Algorithm::kEs256), "m", der));
  der.resize(64);
  EXPECT_FALSE(is_good(verifier_for(Algorithm::kEs256), "m", der));
}

// RFC 8032 §5.1.7: s + L would be a second signature for the same message.
TEST(SignatureVerifier, RefusesEd25519WithAnUnreducedScalar) {
  static constexpr unsigned char kOrder[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                               0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                               0,    0,    0,    0,    0,    0,    0,    0,
                                               0,    0,    0,    0,    0,    0,    0,    0x10};
  std::string signature = SigningKeyForTest::shared(Algorithm::kEdDsa).sign(Algorithm::kEdDsa, "m");
  unsigned carry = 0;
  for (size_t i = 0; i < 32; ++i) {
    carry += static_cast<unsigned char>(signature[32 + i]) + kOrder[i];
    signature[32 + i] = static_cast<char>(carry & 0xff);
    carry >>= 8;
  }
  EXPECT_FALSE(is_good(verifier_for(Algorithm::kEdDsa), "m", signature));
}

TEST(SignatureVerifier, ServesSeveralThreadsAtOnce) {
  for (const Algorithm algorithm : every_algorithm()) {
    const SignatureVerifier verifier = verifier_for(algorithm);
    const std::string good = SigningKeyForTest::shared(algorithm).sign(algorithm, "message");
    std::vector<std::thread> threads;
    std::array<int, 4> accepted{};
    for (int& count : accepted) {
      threads.emplace_back([&verifier, &good, &count] {
        for (int i = 0; i < 50; ++i) {
          count += is_good(verifier, "message", good) && !is_good(verifier, "massage", good);
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    EXPECT_EQ(accepted, (std::array{50, 50, 50, 50})) << signature_algorithm_name(algorithm);
  }
}

TEST(SignatureVerifier, OutlivesItsKey) {
  const SigningKeyForTest& signer = SigningKeyForTest::shared(Algorithm::kHs512);
  std::optional<PublicKey> key = signer.public_key().value();
  const SignatureVerifier verifier(*key, Algorithm::kHs512);
  key.reset();
  EXPECT_TRUE(is_good(verifier, "m", signer.sign(Algorithm::kHs512, "m")));
}

// The public half of an RSA pair, taken for a secret, would let anybody sign.
TEST(PublicKey, FitsTheAlgorithmsOfItsKindAlone) {
  for (const Algorithm made_for : every_algorithm()) {
    const PublicKey key = SigningKeyForTest::shared(made_for).public_key().value();
    for (const Algorithm algorithm : every_algorithm()) {
      const bool is_same_kind =
          &SigningKeyForTest::shared(made_for) == &SigningKeyForTest::shared(algorithm);
      EXPECT_EQ(key.fits(algorithm), is_same_kind);
    }
  }
}

TEST(PublicKey, SecretsAreAsLongAsTheDigest) {
  EXPECT_EQ(refusal(PublicKey::from_secret({})), "secret is shorter than 32 bytes");
  EXPECT_EQ(refusal(PublicKey::from_secret(as_bytes(std::string(31, 'x')))),
            "secret is shorter than 32 bytes");
  const PublicKey short_key = PublicKey::from_secret(as_bytes(std::string(47, 'x'))).value();
  EXPECT_TRUE(short_key.fits(Algorithm::kHs256));
  EXPECT_FALSE(short_key.fits(Algorithm::kHs384));
  const PublicKey middle_key = PublicKey::from_secret(as_bytes(std::string(63, 'x'))).value();
  EXPECT_TRUE(middle_key.fits(Algorithm::kHs384));
  EXPECT_FALSE(middle_key.fits(Algorithm::kHs512));
}

TEST(PublicKey, RsaFromNumbersIsRsaFromPem) {
  const SigningKeyForTest& signer = SigningKeyForTest::shared(Algorithm::kRs256);
  const PublicKey key =
      PublicKey::from_rsa(as_bytes(signer.modulus()), as_bytes(signer.exponent())).value();
  EXPECT_TRUE(
      is_good(SignatureVerifier(key, Algorithm::kRs256), "m", signer.sign(Algorithm::kRs256, "m")));
}

TEST(PublicKey, RefusesWeakRsa) {
  const SigningKeyForTest& signer = SigningKeyForTest::shared(Algorithm::kRs256);
  const std::string n = signer.modulus();
  const std::string e("\x01\x00\x01", 3);
  const auto from = [](std::string_view modulus, std::string_view exponent) {
    const Result<PublicKey> key = PublicKey::from_rsa(as_bytes(modulus), as_bytes(exponent));
    return std::string(refusal(key));
  };
  EXPECT_EQ(from(n, e), "accepted");
  EXPECT_EQ(from(SigningKeyForTest::rsa(1024).modulus(), e), "RSA key is shorter than 2048 bits");
  EXPECT_EQ(from(n.substr(1), e), "RSA key is shorter than 2048 bits");
  EXPECT_EQ(from(std::string(1025, '\xff'), e),
            "RSA number is too long: 8192 bits of modulus, 32 of exponent");
  std::string even = n;
  even.back() = static_cast<char>(even.back() & 0xfe);
  EXPECT_EQ(from(even, e), "RSA modulus is even");
  for (const std::string& bad : {std::string("\x01"), std::string("\x02"), std::string("\x04")}) {
    EXPECT_EQ(from(n, bad), "RSA exponent is not an odd number from 3 to 2^32");
  }
  EXPECT_EQ(from(n, "\x01\x02\x03\x04\x05"),
            "RSA number is too long: 8192 bits of modulus, 32 of exponent");
  for (const auto& [modulus, exponent] :
       {std::pair(std::string(), e), std::pair(n, std::string()), std::pair('\0' + n, e),
        std::pair(n, '\0' + e), std::pair(n, std::string("\0", 1))}) {
    EXPECT_EQ(from(modulus, exponent), "RSA number is empty or begins with a zero byte");
  }
}

TEST(PublicKey, EcFromCoordinatesIsEcFromPem) {
  for (const auto& [algorithm, curve] :
       {std::pair(Algorithm::kEs256, EcCurve::kP256), std::pair(Algorithm::kEs384, EcCurve::kP384),
        std::pair(Algorithm::kEs512, EcCurve::kP521)}) {
    const SigningKeyForTest& signer = SigningKeyForTest::shared(algorithm);
    const PublicKey key =
        PublicKey::from_ec(curve, as_bytes(signer.x()), as_bytes(signer.y())).value();
    EXPECT_TRUE(is_good(SignatureVerifier(key, algorithm), "m", signer.sign(algorithm, "m")));
  }
}

TEST(PublicKey, RefusesPointsThatAreNotOnTheCurve) {
  const SigningKeyForTest& signer = SigningKeyForTest::shared(Algorithm::kEs256);
  const std::string x = signer.x();
  const std::string y = signer.y();
  const auto from = [](EcCurve curve, std::string_view first, std::string_view second) {
    const Result<PublicKey> key = PublicKey::from_ec(curve, as_bytes(first), as_bytes(second));
    return std::string(refusal(key));
  };
  EXPECT_EQ(from(EcCurve::kP256, x, y), "accepted");
  EXPECT_EQ(from(EcCurve::kP256, y, x), "EC point is not on its curve");
  EXPECT_EQ(from(EcCurve::kP256, std::string(32, '\0'), std::string(32, '\0')),
            "EC point is not on its curve");
  EXPECT_EQ(from(EcCurve::kP256, std::string(32, '\xff'), y), "EC point is not on its curve");
  for (const auto& [first, second] :
       {std::pair(x.substr(1), y), std::pair('\0' + x, y), std::pair(x, y + y),
        std::pair(std::string(), std::string())}) {
    EXPECT_EQ(from(EcCurve::kP256, first, second), "EC coordinate has not the size of its curve");
  }
  EXPECT_EQ(from(EcCurve::kP384, x, y), "EC coordinate has not the size of its curve");
}

TEST(PublicKey, RefusesEd25519OfAnotherSize) {
  EXPECT_EQ(refusal(PublicKey::from_ed25519({})), "Ed25519 key is not 32 bytes");
  EXPECT_EQ(refusal(PublicKey::from_ed25519(as_bytes(std::string(31, 'x')))),
            "Ed25519 key is not 32 bytes");
  EXPECT_EQ(refusal(PublicKey::from_ed25519(as_bytes(std::string(57, 'x')))),
            "Ed25519 key is not 32 bytes");
}

TEST(PublicKey, PemIsOnePublicKeyOfAKindThatWeHave) {
  const std::string rsa = SigningKeyForTest::shared(Algorithm::kRs256).public_pem();
  EXPECT_EQ(refusal(PublicKey::from_pem("\n  " + rsa + "\r\n")), "accepted");
  EXPECT_EQ(
      refusal(PublicKey::from_pem(SigningKeyForTest::shared(Algorithm::kRs256).private_pem())),
      "PEM holds a private key; only the public half belongs here");
  for (const std::string& bad :
       {std::string(), std::string("key"), rsa + rsa, "x" + rsa, rsa.substr(0, rsa.size() - 30),
        std::string("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")}) {
    EXPECT_EQ(refusal(PublicKey::from_pem(bad)), "PEM is not one PUBLIC KEY block");
  }
  for (const char* bad : {"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
                          "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
                          "-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----"}) {
    EXPECT_EQ(refusal(PublicKey::from_pem(bad)), "PEM does not decode to a public key");
  }
  EXPECT_EQ(refusal(PublicKey::from_pem(SigningKeyForTest::rsa(1024).public_pem())),
            "RSA key is shorter than 2048 bits");
  EXPECT_EQ(refusal(PublicKey::from_pem(SigningKeyForTest::ec("secp256k1").public_pem())),
            "EC key is on another curve than P-256, P-384, P-521");
  EXPECT_EQ(refusal(PublicKey::from_pem(
                SigningKeyForTest::shared(Algorithm::kEs256).explicit_curve_pem())),
            "EC key does not name its curve");
}

}  // namespace
}  // namespace zerq::crypto
