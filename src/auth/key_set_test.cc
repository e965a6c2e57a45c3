// SPDX-License-Identifier: Apache-2.0
#include "auth/key_set.h"

#include <gtest/gtest.h>

#include <string>

#include "auth/token_factory_for_test.h"

namespace zerq::auth {
namespace {

using Algorithm = crypto::SignatureAlgorithm;

const std::vector<Algorithm> kAllowed = {Algorithm::kRs256, Algorithm::kPs256, Algorithm::kEs256,
                                         Algorithm::kEs512, Algorithm::kEdDsa};

// "kid:RS256,PS256 kid:…" for each key, or the problems.
std::string read(const text::json::value& jwks) {
  std::vector<AuthProblem> problems;
  const KeySet keys = KeySet::from_jwks(jwks, kAllowed, problems);
  std::string text;
  for (const AuthProblem& problem : problems) {
    EXPECT_TRUE(keys.keys().empty());
    text += (text.empty() ? "" : "; ") + problem.field + ": " + problem.message;
  }
  for (const KeySet::Key& key : keys.keys()) {
    text += (text.empty() ? "" : " ") + key.id + ":";
    for (const crypto::SignatureVerifier& verifier : key.verifiers) {
      text += &verifier == key.verifiers.data() ? "" : ",";
      text += crypto::signature_algorithm_name(verifier.algorithm());
    }
  }
  return text;
}

std::string read_key(const std::string& keys) { return read(jwks_for_test(keys)); }

std::string rsa(std::string_view more = "") { return jwk_for_test(Algorithm::kRs256, more); }

TEST(KeySet, KeysServeTheAllowedAlgorithmsOfTheirKind) {
  EXPECT_EQ(read_key(rsa(R"(,"kid":"r")") + "," + jwk_for_test(Algorithm::kEs256) + "," +
                     jwk_for_test(Algorithm::kEs512, R"(,"kid":"e")") + "," +
                     jwk_for_test(Algorithm::kEdDsa, R"(,"kid":"o","x5c":[],"extra":{"d":1})")),
            "r:RS256,PS256 :ES256 e:ES512 o:EdDSA");
}

TEST(KeySet, RespectsWhatAKeyIsFor) {
  constexpr char kNone[] = "jwks.keys: no key is for any of RS256, PS256, ES256, ES512, EdDSA";
  EXPECT_EQ(read_key(rsa(R"(,"use":"sig","key_ops":["verify"],"alg":"PS256")")), ":PS256");
  EXPECT_EQ(read_key(rsa(R"(,"key_ops":["sign","verify"])")), ":RS256,PS256");
  for (const char* more :
       {R"(,"use":"enc")", R"(,"use":"SIG")", R"(,"use":1)", R"(,"key_ops":["sign"])",
        R"(,"key_ops":[])", R"(,"key_ops":"verify")", R"(,"alg":"RS512")", R"(,"alg":"RSA-OAEP")",
        R"(,"alg":"none")", R"(,"alg":"HS256")", R"(,"alg":"ES256")", R"(,"alg":null)"}) {
    EXPECT_EQ(read_key(rsa(more)), kNone) << more;
  }
}

TEST(KeySet, LeavesOutKeysOfOtherTypes) {
  for (const char* other :
       {R"({"kty":"OKP","crv":"X25519","x":"AAAA","kid":"x"})",
        R"({"kty":"OKP","crv":"Ed448","x":"AAAA"})",
        R"({"kty":"EC","crv":"secp256k1","x":"AAAA","y":"AAAA"})", R"({"kty":"AKP","pub":"AAAA"})",
        R"({"kty":"rsa"})", R"({"kty":"RSA","use":"enc","n":"!","e":"!"})"}) {
    EXPECT_EQ(read_key(std::string(other) + "," + rsa()), ":RS256,PS256") << other;
  }
}

TEST(KeySet, RefusesSetsWithPrivateOrSecretKeys) {
  for (const char* member : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    EXPECT_EQ(read_key(jwk_for_test(Algorithm::kEdDsa) + "," +
                       rsa(fmt::format(R"(,"use":"enc","{}":"AAAA")", member))),
              "jwks.keys[1]: holds a private or secret key; only public keys belong here");
  }
}

TEST(KeySet, SaysWhichKeyIsWrongAndWhere) {
  constexpr char kX[] = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
  const auto okp = [](const std::string& members) {
    return read_key(R"({"kty":"OKP","crv":"Ed25519")" + members + "}");
  };
  EXPECT_EQ(okp(fmt::format(R"(,"x":"{}")", kX)), ":EdDSA");
  constexpr char kNotBase64[] = "jwks.keys[0].x: not base64url without padding";
  EXPECT_EQ(okp(""), kNotBase64);
  EXPECT_EQ(okp(R"(,"x":1)"), kNotBase64);
  EXPECT_EQ(okp(R"(,"x":"")"), kNotBase64);
  EXPECT_EQ(okp(fmt::format(R"(,"x":"{}=")", kX)), kNotBase64);
  EXPECT_EQ(okp(R"(,"x":"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo")"), kNotBase64);
  EXPECT_EQ(okp(R"(,"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp")"), kNotBase64);
  EXPECT_EQ(okp(R"(,"x":"AAAA")"), "jwks.keys[0]: Ed25519 key is not 32 bytes");
  EXPECT_EQ(okp(fmt::format(R"(,"x":"{}")", std::string(2049, 'A'))), kNotBase64);
  constexpr char kBadId[] = "jwks.keys[0].kid: not a string of 1 to 256 bytes";
  EXPECT_EQ(okp(fmt::format(R"(,"x":"{}","kid":"")", kX)), kBadId);
  EXPECT_EQ(okp(fmt::format(R"(,"x":"{}","kid":1)", kX)), kBadId);
  EXPECT_EQ(okp(fmt::format(R"(,"x":"{}","kid":"{}")", kX, std::string(257, 'k'))), kBadId);
  EXPECT_EQ(read_key(R"({"crv":"P-256"})"), "jwks.keys[0].kty: missing; RSA, EC or OKP");
  EXPECT_EQ(read_key("7,null"), "jwks.keys[0]: not an object; jwks.keys[1]: not an object");
  const crypto::SigningKeyForTest weak = crypto::SigningKeyForTest::rsa(1024);
  EXPECT_EQ(read_key(fmt::format(R"({{"kty":"RSA","n":"{}","e":"AQAB"}})",
                                 encode_for_test(weak.modulus()))),
            "jwks.keys[0]: RSA key is shorter than 2048 bits");
  // The coordinates of one curve under the name of another.
  const crypto::SigningKeyForTest& p521 = crypto::SigningKeyForTest::shared(Algorithm::kEs512);
  EXPECT_EQ(read_key(fmt::format(R"({{"kty":"EC","crv":"P-256","x":"{}","y":"{}"}})",
                                 encode_for_test(p521.x()), encode_for_test(p521.y()))),
            "jwks.keys[0]: EC coordinate has not the size of its curve");
}

TEST(KeySet, RefusesEqualIds) {
  EXPECT_EQ(read_key(rsa(R"(,"kid":"a")") + "," + jwk_for_test(Algorithm::kEs256, R"(,"kid":"a")")),
            "jwks.keys[1].kid: another key of the set has the same one");
}

TEST(KeySet, RefusesWhatIsNoSet) {
  constexpr char kNoSet[] = "jwks: not a key set; {\"keys\": [...]}";
  for (const char* text :
       {"null", "[]", "{}", "\"<html>\"", R"({"keys":{}})", R"({"keys":null})"}) {
    EXPECT_EQ(read(text::parse_json(text).value()), kNoSet) << text;
  }
  EXPECT_EQ(read_key(""), "jwks.keys: no key is for any of RS256, PS256, ES256, ES512, EdDSA");
  std::string many = "{}";
  for (size_t i = 0; i < kKeysMax; ++i) {
    many += ",{}";
  }
  EXPECT_EQ(read_key(many), "jwks.keys: 101 keys; at most 100");
}

TEST(KeySet, EmptyIdFindsNothing) {
  std::vector<AuthProblem> problems;
  const KeySet keys = KeySet::from_jwks(jwks_for_test(rsa()), kAllowed, problems);
  EXPECT_EQ(keys.find(""), nullptr);
  EXPECT_FALSE(keys.has_ids());
}

}  // namespace
}  // namespace zerq::auth
