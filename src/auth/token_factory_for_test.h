// SPDX-License-Identifier: Apache-2.0
// Makes tokens, good and bad, and the configurations that accept the good ones: for tests and
// benchmarks alone. Header only, so that nothing of it is in the product.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "auth/auth_config.h"
#include "auth/jwt_verifier.h"
#include "base/arena.h"
#include "base/clock.h"
#include "crypto/signing_key_for_test.h"
#include "text/base64url.h"

namespace zerq::auth {

inline constexpr int64_t kTokenTestNowS = 1'700'000'000;
inline constexpr WallTime kTokenTestNow{kTokenTestNowS * 1'000'000};

inline std::string encode_for_test(std::string_view text) {
  return text::to_base64url(as_bytes(text));
}

// Any header, any payload, truly signed.
inline std::string make_jwt_for_test(std::string_view header, std::string_view claims,
                                     crypto::SignatureAlgorithm algorithm,
                                     const crypto::SigningKeyForTest& key) {
  const std::string signed_text = encode_for_test(header) + "." + encode_for_test(claims);
  return signed_text + "." + encode_for_test(key.sign(algorithm, signed_text));
}

inline std::string make_jwt_for_test(std::string_view header, std::string_view claims,
                                     crypto::SignatureAlgorithm algorithm) {
  return make_jwt_for_test(header, claims, algorithm, crypto::SigningKeyForTest::shared(algorithm));
}

inline std::string header_for_test(crypto::SignatureAlgorithm algorithm) {
  return fmt::format(R"({{"alg":"{}","typ":"JWT"}})", crypto::signature_algorithm_name(algorithm));
}

// Accepted by both configurations below.
inline std::string claims_for_test(std::string_view more = "") {
  return fmt::format(R"({{"iss":"acme","aud":"petstore","exp":{},"sub":"user-1"{}}})",
                     kTokenTestNowS + 300, more);
}

inline JwtConfig shared_secret_config_for_test() {
  JwtConfig config;
  config.secret = crypto::SigningKeyForTest::shared(crypto::SignatureAlgorithm::kHs256).secret();
  config.issuer = "acme";
  config.audiences = {"petstore"};
  return config;
}

inline JwtConfig public_key_config_for_test(crypto::SignatureAlgorithm algorithm) {
  JwtConfig config;
  config.kind = JwtKind::kPublicKeys;
  config.algorithms = {algorithm};
  config.issuer = "acme";
  config.audiences = {"petstore"};
  config.public_key_pem = crypto::SigningKeyForTest::shared(algorithm).public_pem();
  return config;
}

// Of the shared key of `algorithm`; `more` is further members with a comma before them.
inline std::string jwk_for_test(crypto::SignatureAlgorithm algorithm, std::string_view more = "") {
  const crypto::SigningKeyForTest& key = crypto::SigningKeyForTest::shared(algorithm);
  const std::string_view name = crypto::signature_algorithm_name(algorithm);
  if (name == "EdDSA") {
    return fmt::format(R"({{"kty":"OKP","crv":"Ed25519","x":"{}"{}}})", encode_for_test(key.x()),
                       more);
  }
  if (name.starts_with("ES")) {
    return fmt::format(R"({{"kty":"EC","crv":"P-{}","x":"{}","y":"{}"{}}})",
                       name == "ES512" ? "521" : name.substr(2), encode_for_test(key.x()),
                       encode_for_test(key.y()), more);
  }
  return fmt::format(R"({{"kty":"RSA","n":"{}","e":"{}"{}}})", encode_for_test(key.modulus()),
                     encode_for_test(key.exponent()), more);
}

inline text::json::value jwks_for_test(std::string_view keys) {
  return text::parse_json(fmt::format(R"({{"keys":[{}]}})", keys)).value();
}

// "accepted", or the reason.
inline std::string verdict_for_test(const JwtVerifier& verifier, std::string_view token,
                                    WallTime now = kTokenTestNow) {
  HeapBlocks blocks;
  Arena arena(blocks);
  const TokenResult result = verifier.verify(token, now, arena);
  return std::string(result ? "accepted" : token_refusal_reason(result.error()));
}

// "field: message" of each problem.
inline std::vector<std::string> problems_for_test(const JwtConfig& config) {
  std::vector<AuthProblem> problems;
  JwtVerifier::compile(config, problems);
  std::vector<std::string> lines;
  for (const AuthProblem& problem : problems) {
    lines.push_back(problem.field + ": " + problem.message);
  }
  return lines;
}

inline std::unique_ptr<const JwtVerifier> compile_for_test(const JwtConfig& config) {
  std::vector<AuthProblem> problems;
  std::unique_ptr<const JwtVerifier> verifier = JwtVerifier::compile(config, problems);
  CHECK(verifier != nullptr);
  return verifier;
}

}  // namespace zerq::auth
