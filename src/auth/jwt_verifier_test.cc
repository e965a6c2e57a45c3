// SPDX-License-Identifier: Apache-2.0
#include "auth/jwt_verifier.h"

#include <gtest/gtest.h>

#include <string>

#include "auth/token_factory_for_test.h"

namespace zerq::auth {
namespace {

using Algorithm = crypto::SignatureAlgorithm;
using crypto::SigningKeyForTest;

std::string hs256(std::string_view claims) {
  return make_jwt_for_test(header_for_test(Algorithm::kHs256), claims, Algorithm::kHs256);
}

std::vector<Algorithm> every_algorithm() {
  std::vector<Algorithm> all;
  for (size_t i = 0; i < crypto::kSignatureAlgorithmCount; ++i) {
    all.push_back(static_cast<Algorithm>(i));
  }
  return all;
}

JwtConfig config_for(Algorithm algorithm) {
  if (!crypto::is_symmetric(algorithm)) {
    return public_key_config_for_test(algorithm);
  }
  JwtConfig config = shared_secret_config_for_test();
  config.algorithms = {algorithm};
  return config;
}

TEST(JwtVerifier, AcceptsEveryAlgorithmAndNoOtherInItsPlace) {
  for (const Algorithm allowed : every_algorithm()) {
    const auto verifier = compile_for_test(config_for(allowed));
    for (const Algorithm algorithm : every_algorithm()) {
      const std::string token =
          make_jwt_for_test(header_for_test(algorithm), claims_for_test(), algorithm);
      EXPECT_EQ(verdict_for_test(*verifier, token),
                algorithm == allowed ? "accepted" : "algorithm_not_allowed");
      // Signed with one algorithm, and another one named: the header is what is verified.
      if (algorithm != allowed) {
        const std::string confused =
            make_jwt_for_test(header_for_test(allowed), claims_for_test(), algorithm);
        EXPECT_EQ(verdict_for_test(*verifier, confused), "bad_signature")
            << crypto::signature_algorithm_name(algorithm) << " for "
            << crypto::signature_algorithm_name(allowed);
      }
    }
  }
}

TEST(JwtVerifier, TellsWhatTheTokenSays) {
  JwtConfig config = public_key_config_for_test(Algorithm::kEs256);
  config.public_key_pem.clear();
  config.jwks = jwks_for_test(jwk_for_test(Algorithm::kEs256, R"(,"kid":"key-1")"));
  const auto verifier = compile_for_test(config);
  const std::string token = make_jwt_for_test(
      R"({"alg":"ES256","kid":"key-1"})",
      claims_for_test(R"(,"jti":"j1","scope":"b a  c a","nbf":1699999000,"iat":1699999500)"),
      Algorithm::kEs256);
  HeapBlocks blocks;
  Arena arena(blocks);
  const TokenResult result = verifier->verify(token, kTokenTestNow, arena);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->subject, "user-1");
  EXPECT_EQ(result->key_id, "key-1");
  EXPECT_EQ(result->scopes, "a b c");
  EXPECT_EQ(result->jti, "j1");
  EXPECT_EQ(result->expires_at_s, kTokenTestNowS + 300);
  EXPECT_EQ(result->not_before_s, 1699999500);
}

// peers: the classes of D4, and what identity providers and libraries got wrong before.
TEST(JwtVerifier, NoAlgorithmConfusionForAPublicKey) {
  const SigningKeyForTest& rsa = SigningKeyForTest::shared(Algorithm::kRs256);
  const auto pem_verifier = compile_for_test(public_key_config_for_test(Algorithm::kRs256));
  JwtConfig config = public_key_config_for_test(Algorithm::kRs256);
  config.public_key_pem.clear();
  config.jwks = jwks_for_test(jwk_for_test(Algorithm::kRs256));  // Without `alg`.
  const auto jwks_verifier = compile_for_test(config);
  // CVE-2016-10555 and its kin: the public key's text as the secret of an HMAC; LibJWT
  // CVE-2026-44699: an empty one.
  const SigningKeyForTest secrets[] = {SigningKeyForTest::secret(rsa.public_pem()),
                                       SigningKeyForTest::secret(rsa.modulus()),
                                       SigningKeyForTest::secret(std::string(1, '\0'))};
  for (const SigningKeyForTest& secret : secrets) {
    for (const Algorithm algorithm : {Algorithm::kHs256, Algorithm::kHs384, Algorithm::kHs512}) {
      const std::string token =
          make_jwt_for_test(header_for_test(algorithm), claims_for_test(), algorithm, secret);
      EXPECT_EQ(verdict_for_test(*pem_verifier, token), "algorithm_not_allowed");
      EXPECT_EQ(verdict_for_test(*jwks_verifier, token), "algorithm_not_allowed");
      const std::string lying = make_jwt_for_test(header_for_test(Algorithm::kRs256),
                                                  claims_for_test(), algorithm, secret);
      EXPECT_EQ(verdict_for_test(*pem_verifier, lying), "bad_signature");
      EXPECT_EQ(verdict_for_test(*jwks_verifier, lying), "bad_signature");
    }
  }
}

TEST(JwtVerifier, NoKeyComesFromTheToken) {
  const auto verifier = compile_for_test(public_key_config_for_test(Algorithm::kEs256));
  const SigningKeyForTest own = SigningKeyForTest::ec("P-256");
  const std::string jwk = fmt::format(R"({{"kty":"EC","crv":"P-256","x":"{}","y":"{}"}})",
                                      encode_for_test(own.x()), encode_for_test(own.y()));
  for (const std::string& brought :
       {R"("jwk":)" + jwk, R"("jwk":)" + jwk + R"(,"kid":"")",
        std::string(R"("jku":"https://evil.example/keys")"),
        std::string(R"("x5u":"https://evil.example/cert","x5c":["MIIB"])")}) {
    const std::string token = make_jwt_for_test("{\"alg\":\"ES256\"," + brought + "}",
                                                claims_for_test(), Algorithm::kEs256, own);
    EXPECT_EQ(verdict_for_test(*verifier, token), "bad_signature") << brought;
  }
}

TEST(JwtVerifier, UnsignedTokensDoNotExist) {
  const auto verifier = compile_for_test(shared_secret_config_for_test());
  for (const char* name : {"none", "None", "NONE", "nOnE"}) {
    const std::string start = encode_for_test(fmt::format(R"({{"alg":"{}"}})", name)) + "." +
                              encode_for_test(claims_for_test());
    EXPECT_EQ(verdict_for_test(*verifier, start + ".AAAA"), "algorithm_not_allowed");
    EXPECT_EQ(verdict_for_test(*verifier, start + "."), "algorithm_not_allowed");
    EXPECT_EQ(verdict_for_test(*verifier, start), "malformed_token");
  }
}

struct ClaimsCase {
  const char* claims;
  const char* verdict;
};

// The date of all of them is 1700000000, the skew 5 s.
TEST(JwtVerifier, JudgesTimes) {
  const ClaimsCase cases[] = {
      {R"("exp":1700000300)", "accepted"},
      {R"("exp":1700000001)", "accepted"},
      {R"("exp":1699999996)", "accepted"},  // Within the skew.
      {R"("exp":1699999995)", "expired"},   // RFC 7519 §4.1.4: on or after.
      {R"("exp":0)", "expired"},
      {R"("exp":253402300799)", "accepted"},
      {R"("exp":253402300800)", "malformed_time"},
      {R"("exp":1700000300000)", "malformed_time"},  // In milliseconds.
      {R"("exp":-1)", "malformed_time"},
      {R"("exp":"1700000300")", "malformed_time"},
      {R"("exp":1700000300.0)", "malformed_time"},
      {R"("exp":1700000300.5)", "malformed_time"},
      {R"("exp":1.7e9)", "malformed_time"},
      {R"("exp":1e400)", "malformed_time"},
      {R"("exp":9223372036854775807)", "malformed_time"},
      {R"("exp":9223372036854775808)", "malformed_time"},
      {R"("exp":18446744073709551615)", "malformed_time"},
      {R"("exp":18446744073709551616)", "malformed_time"},
      {R"("exp":99999999999999999999999999)", "malformed_time"},
      {R"("exp":true)", "malformed_time"},
      {R"("exp":null)", "malformed_time"},
      {R"("exp":[1700000300])", "malformed_time"},
      {R"("exp":{})", "malformed_time"},
      {R"("EXP":1700000300)", "no_expiry"},
      {R"("nbf":1)", "no_expiry"},
      {R"("exp":1700000300,"exp":1700000300)", "malformed_claims"},
      {R"("exp":1700000300,"nbf":1700000000)", "accepted"},
      {R"("exp":1700000300,"nbf":1700000005)", "accepted"},
      {R"("exp":1700000300,"nbf":1700000006)", "not_yet_valid"},
      {R"("exp":1700000300,"nbf":"1")", "malformed_time"},
      {R"("exp":1700000300,"nbf":1.5)", "malformed_time"},
      {R"("exp":1700000300,"nbf":null)", "malformed_time"},
      {R"("exp":1700000300,"iat":1700000005)", "accepted"},
      {R"("exp":1700000300,"iat":1700000006)", "issued_in_future"},
      {R"("exp":1700000300,"iat":"now")", "malformed_time"},
      {R"("exp":1700000300,"iat":1700000000.1)", "malformed_time"},
  };
  JwtConfig config = shared_secret_config_for_test();
  config.issuer.clear();
  config.audiences.clear();
  const auto verifier = compile_for_test(config);
  for (const ClaimsCase& c : cases) {
    EXPECT_EQ(verdict_for_test(*verifier, hs256(fmt::format("{{{}}}", c.claims))), c.verdict)
        << c.claims;
  }
}

TEST(JwtVerifier, SkewIsTheConfiguredOne) {
  JwtConfig config = shared_secret_config_for_test();
  const std::string token = hs256(claims_for_test());
  for (const uint32_t skew : {0U, 5U, 60U}) {
    config.clock_skew_s = skew;
    const auto verifier = compile_for_test(config);
    const int64_t end_us = (kTokenTestNowS + 300 + skew) * 1'000'000;
    EXPECT_EQ(verdict_for_test(*verifier, token, WallTime{end_us - 1}), "accepted");
    EXPECT_EQ(verdict_for_test(*verifier, token, WallTime{end_us}), "expired");
  }
}

TEST(JwtVerifier, JudgesIssuerAudienceAndTypes) {
  const ClaimsCase cases[] = {
      {R"("iss":"acme","aud":"petstore")", "accepted"},
      {R"("iss":"acme","aud":["petstore"])", "accepted"},
      {R"("iss":"acme","aud":["other","petstore"])", "accepted"},
      {R"("iss":"acme","aud":["second"])", "accepted"},
      {R"("iss":"ACME","aud":"petstore")", "wrong_issuer"},
      {R"("iss":"acme/","aud":"petstore")", "wrong_issuer"},
      {R"("iss":"acme\u0000","aud":"petstore")", "wrong_issuer"},
      {R"("iss":"","aud":"petstore")", "wrong_issuer"},
      {R"("aud":"petstore")", "wrong_issuer"},
      {R"("iss":["acme"],"aud":"petstore")", "malformed_claims"},
      {R"("iss":null,"aud":"petstore")", "malformed_claims"},
      {R"("iss":"acme","iss":"acme","aud":"petstore")", "malformed_claims"},
      {R"("iss":"evil","iss":"acme","aud":"petstore")", "malformed_claims"},
      {R"("iss":"acme")", "wrong_audience"},
      {R"("iss":"acme","aud":"other")", "wrong_audience"},
      {R"("iss":"acme","aud":"")", "wrong_audience"},
      {R"("iss":"acme","aud":"petstore other")", "wrong_audience"},
      {R"("iss":"acme","aud":"petstor")", "wrong_audience"},
      {R"("iss":"acme","aud":[])", "wrong_audience"},
      {R"("iss":"acme","aud":["other"])", "wrong_audience"},
      {R"("iss":"acme","aud":[["petstore"]])", "malformed_claims"},
      {R"("iss":"acme","aud":["petstore",1])", "malformed_claims"},
      {R"("iss":"acme","aud":{"petstore":true})", "malformed_claims"},
      {R"("iss":"acme","aud":1)", "malformed_claims"},
      {R"("iss":"acme","aud":true)", "malformed_claims"},
      {R"("iss":"acme","aud":null)", "malformed_claims"},
      {R"("iss":"acme","aud":"petstore","sub":1)", "malformed_claims"},
      {R"("iss":"acme","aud":"petstore","sub":null)", "malformed_claims"},
      {R"("iss":"acme","aud":"petstore","jti":7)", "malformed_claims"},
      {R"("iss":"acme","aud":"petstore","scope":7)", "malformed_claims"},
      {R"("iss":"acme","aud":"petstore","scope":null)", "malformed_claims"},
      {R"("iss":"acme","aud":"petstore","scope":["a",1])", "malformed_claims"},
      {R"("iss":"acme","aud":"petstore","scope":{"a":1})", "malformed_claims"},
      {R"("iss":"acme","aud":"petstore","scope":[])", "accepted"},
      {R"("iss":"acme","aud":"petstore","scope":"")", "accepted"},
      {R"("iss":"acme","aud":"petstore","x":{"a":1,"a":2})", "malformed_claims"},
      {"\"iss\":\"acme\",\"aud\":\"petstore\",\"x\":\"\xff\"", "malformed_claims"},
  };
  JwtConfig config = shared_secret_config_for_test();
  config.audiences = {"petstore", "second"};
  const auto verifier = compile_for_test(config);
  for (const ClaimsCase& c : cases) {
    const std::string claims = fmt::format(R"({{"exp":1700000300,{}}})", c.claims);
    EXPECT_EQ(verdict_for_test(*verifier, hs256(claims)), c.verdict) << c.claims;
  }
  for (const char* claims :
       {"[]", "7", "\"x\"", "null", "", "{", "{}{}", "{\"exp\":1700000300,}"}) {
    EXPECT_EQ(verdict_for_test(*verifier, hs256(claims)), "malformed_claims") << claims;
  }
}

TEST(JwtVerifier, ReadsScopesWhereItIsTold) {
  const auto scopes = [](const char* scope_claim, std::string_view more) {
    JwtConfig config = shared_secret_config_for_test();
    config.scope_claim = scope_claim;
    const auto verifier = compile_for_test(config);
    HeapBlocks blocks;
    Arena arena(blocks);
    return std::string(
        verifier->verify(hs256(claims_for_test(more)), kTokenTestNow, arena).value().scopes);
  };
  EXPECT_EQ(scopes("scope", ""), "");
  EXPECT_EQ(scopes("scope", R"(,"scope":"pets:write pets:read")"), "pets:read pets:write");
  EXPECT_EQ(scopes("scp", R"(,"scp":["b","a","a"],"scope":"x")"), "a b");
  EXPECT_EQ(scopes("/realm/roles", R"(,"realm":{"roles":["r"]})"), "r");
  EXPECT_EQ(scopes("/realm/roles", R"(,"realm":"x")"), "");
  EXPECT_EQ(scopes("https://idp.example/scopes", R"(,"https://idp.example/scopes":"s")"), "s");
  // A scope with a space in it would be two; what is no scope grants nothing.
  EXPECT_EQ(scopes("scope", R"(,"scope":["admin write","ok","","q\"","\u00e9","a\\b","t\t"])"),
            "ok");
}

TEST(JwtVerifier, RequiredClaimsMustAllMatch) {
  JwtConfig config = shared_secret_config_for_test();
  config.required_claims = text::parse_json(R"({
    "tenant": "t1", "/realm/roles": ["admin", "editor"], "level": 3, "mfa": true,
    "https://idp.example/org": "o"})")
                               ->as_object();
  const auto verifier = compile_for_test(config);
  const auto verdict = [&verifier](std::string_view more) {
    return verdict_for_test(*verifier, hs256(claims_for_test(more)));
  };
  constexpr char kOrg[] = R"(,"https://idp.example/org":"o")";
  const std::string rest = std::string(R"(,"level":3,"mfa":true)") + kOrg;
  EXPECT_EQ(verdict(R"(,"tenant":"t1","realm":{"roles":["viewer","editor"]})" + rest), "accepted");
  EXPECT_EQ(verdict(R"(,"tenant":["t0","t1"],"realm":{"roles":"admin"})" + rest), "accepted");
  for (const char* bad :
       {R"(,"realm":{"roles":["admin"]})", R"(,"tenant":"t2","realm":{"roles":["admin"]})",
        R"(,"tenant":"t1")", R"(,"tenant":"t1","realm":{"roles":[]})",
        R"(,"tenant":"t1","realm":{"roles":["viewer"]})", R"(,"tenant":"t1","realm":["admin"])",
        R"(,"tenant":{"t1":1},"realm":{"roles":["admin"]})",
        R"(,"tenant":[["t1"]],"realm":{"roles":["admin"]})"}) {
    EXPECT_EQ(verdict(bad + rest), "claim_mismatch") << bad;
  }
  const std::string start = R"(,"tenant":"t1","realm":{"roles":["admin"]})";
  for (const char* bad : {R"(,"level":"3","mfa":true)", R"(,"level":3,"mfa":"true")",
                          R"(,"level":3,"mfa":false)", R"(,"level":4,"mfa":true)"}) {
    EXPECT_EQ(verdict(start + bad + kOrg), "claim_mismatch") << bad;
  }
}

TEST(JwtVerifier, KidSelectsTheKey) {
  const SigningKeyForTest other = SigningKeyForTest::ec("P-256");
  const std::string other_jwk =
      fmt::format(R"({{"kty":"EC","crv":"P-256","x":"{}","y":"{}","kid":"other"}})",
                  encode_for_test(other.x()), encode_for_test(other.y()));
  JwtConfig config = public_key_config_for_test(Algorithm::kEs256);
  config.algorithms = {Algorithm::kEs256, Algorithm::kRs256};
  config.public_key_pem.clear();
  config.jwks = jwks_for_test(jwk_for_test(Algorithm::kRs256, R"(,"kid":"rsa")") + "," + other_jwk +
                              "," + jwk_for_test(Algorithm::kEs256, R"(,"kid":"own")"));
  const auto verifier = compile_for_test(config);
  const auto verdict = [&verifier](const char* kid_member) {
    return verdict_for_test(*verifier,
                            make_jwt_for_test(fmt::format(R"({{"alg":"ES256"{}}})", kid_member),
                                              claims_for_test(), Algorithm::kEs256));
  };
  EXPECT_EQ(verdict(R"(,"kid":"own")"), "accepted");
  EXPECT_EQ(verdict(""), "accepted");  // All keys that fit are tried.
  EXPECT_EQ(verdict(R"(,"kid":"other")"), "bad_signature");
  EXPECT_EQ(verdict(R"(,"kid":"rsa")"), "no_key_fits");
  for (const char* unknown :
       {"", "Own", "own ", "own\\u0000", "../own", "own' OR '1'='1", "/dev/null", "*"}) {
    EXPECT_EQ(verdict(fmt::format(R"(,"kid":"{}")", unknown).c_str()), "unknown_kid") << unknown;
  }
  EXPECT_EQ(verdict((R"(,"kid":")" + std::string(5000, 'k') + '"').c_str()), "unknown_kid");
}

TEST(JwtVerifier, KeysWithoutIdsServeEveryKid) {
  const auto verifier = compile_for_test(public_key_config_for_test(Algorithm::kEdDsa));
  EXPECT_EQ(verdict_for_test(*verifier, make_jwt_for_test(R"({"alg":"EdDSA","kid":"any"})",
                                                          claims_for_test(), Algorithm::kEdDsa)),
            "accepted");
}

TEST(JwtVerifier, TooManyKeysNeedAKid) {
  std::string keys = jwk_for_test(Algorithm::kEdDsa, R"(,"kid":"own")");
  for (size_t i = 0; i < kKeysTriedMax; ++i) {
    keys += fmt::format(R"(,{{"kty":"OKP","crv":"Ed25519","x":"{}","kid":"k{}"}})",
                        encode_for_test(SigningKeyForTest::ed25519().x()), i);
  }
  JwtConfig config = public_key_config_for_test(Algorithm::kEdDsa);
  config.public_key_pem.clear();
  config.jwks = jwks_for_test(keys);
  const auto verifier = compile_for_test(config);
  const auto verdict = [&verifier](std::string_view header) {
    return verdict_for_test(*verifier,
                            make_jwt_for_test(header, claims_for_test(), Algorithm::kEdDsa));
  };
  EXPECT_EQ(verdict(R"({"alg":"EdDSA"})"), "kid_required");
  EXPECT_EQ(verdict(R"({"alg":"EdDSA","kid":"own"})"), "accepted");
}

// Every prefix and every changed character of a good token, once through the whole verification.
TEST(JwtVerifier, NothingButTheWholeTokenIsGood) {
  const auto verifier = compile_for_test(public_key_config_for_test(Algorithm::kEs256));
  const std::string good =
      make_jwt_for_test(header_for_test(Algorithm::kEs256), claims_for_test(), Algorithm::kEs256);
  for (size_t i = 0; i < good.size(); ++i) {
    EXPECT_NE(verdict_for_test(*verifier, good.substr(0, i)), "accepted") << i;
    std::string changed = good;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(verdict_for_test(*verifier, changed), "accepted") << i;
    EXPECT_NE(verdict_for_test(*verifier, good.substr(0, i) + "." + good.substr(i)), "accepted");
  }
  EXPECT_EQ(verdict_for_test(*verifier, good), "accepted");
}

TEST(JwtVerifier, IdChangesWithEveryFieldAndStaysWithNone) {
  JwtConfig config = public_key_config_for_test(Algorithm::kRs256);
  std::vector<VerifierId> ids = {verifier_id_of(config)};
  EXPECT_EQ(compile_for_test(config)->id(), ids[0]);
  EXPECT_EQ(verifier_id_of(public_key_config_for_test(Algorithm::kRs256)), ids[0]);
  const auto note = [&ids](JwtConfig changed) { ids.push_back(verifier_id_of(changed)); };
  const auto change = [&](auto edit) {
    JwtConfig changed = config;
    edit(changed);
    note(std::move(changed));
  };
  change([](JwtConfig& c) { c.kind = JwtKind::kSharedSecret; });
  change([](JwtConfig& c) { c.algorithms = {Algorithm::kRs384}; });
  change([](JwtConfig& c) { c.algorithms.push_back(Algorithm::kPs256); });
  change([](JwtConfig& c) { c.issuer = "other"; });
  change([](JwtConfig& c) { c.audiences = {"other"}; });
  change([](JwtConfig& c) { c.audiences = {"petstore", "other"}; });
  change([](JwtConfig& c) { c.audiences = {"petstoreother"}; });
  change([](JwtConfig& c) { c.audiences = {}; });
  change([](JwtConfig& c) { c.clock_skew_s = 6; });
  change([](JwtConfig& c) { c.required_claims["a"] = "b"; });
  change([](JwtConfig& c) { c.scope_claim = "scp"; });
  change([](JwtConfig& c) { c.secret = "x"; });
  change([](JwtConfig& c) { c.jwks = jwks_for_test(""); });
  change([](JwtConfig& c) { c.public_key_pem += "\n"; });
  for (size_t i = 0; i < ids.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      EXPECT_FALSE(ids[i] == ids[k]) << i << " " << k;
    }
  }
}

using Lines = std::vector<std::string>;

TEST(JwtVerifier, CompileSaysEverythingThatIsWrong) {
  JwtConfig config;
  config.kind = JwtKind::kPublicKeys;
  config.algorithms = {Algorithm::kHs256};
  config.clock_skew_s = 61;
  config.scope_claim = "";
  config.required_claims = text::parse_json(R"({"a":null,"/b~2":"x","c":[],"d":{}})")->as_object();
  const std::string rule =
      ": a name or JSON pointer, with a string, number or boolean, or a list of them";
  EXPECT_EQ(
      problems_for_test(config),
      (Lines{
          "algorithms: HS256; RS*, PS*, ES* and EdDSA", "clock_skew_s: 61; 0 to 60",
          "issuer: missing; the `iss` of good tokens", "audience: missing; an `aud` of good tokens",
          "scope_claim: \"\"; a name, or a JSON pointer", "required_claims.a" + rule,
          "required_claims./b~2" + rule, "required_claims.c" + rule, "required_claims.d" + rule}));
}

TEST(JwtVerifier, CompileWantsOneSourceOfKeys) {
  JwtConfig config = public_key_config_for_test(Algorithm::kRs256);
  EXPECT_EQ(problems_for_test(config), Lines());
  config.jwks = jwks_for_test(jwk_for_test(Algorithm::kRs256));
  EXPECT_EQ(problems_for_test(config), (Lines{"jwks: beside public_key_pem; one of them"}));
  config.jwks = nullptr;
  config.public_key_pem.clear();
  EXPECT_EQ(problems_for_test(config), (Lines{"jwks: missing; jwks or public_key_pem"}));
  config.public_key_pem = SigningKeyForTest::shared(Algorithm::kEs256).public_pem();
  EXPECT_EQ(problems_for_test(config), (Lines{"public_key_pem: the key is for none of RS256"}));
}

TEST(JwtVerifier, SecretsSufficeForEveryAlgorithmThatTheyServe) {
  JwtConfig config = shared_secret_config_for_test();
  config.secret = std::string(32, 'x');
  EXPECT_EQ(problems_for_test(config), Lines());
  config.algorithms = {Algorithm::kHs256, Algorithm::kHs512};
  EXPECT_EQ(problems_for_test(config), (Lines{"secret: 32 bytes; at least 64 for HS256, HS512"}));
  config.algorithms.clear();
  config.secret = std::string(31, 'x');
  EXPECT_EQ(problems_for_test(config), (Lines{"secret: 31 bytes; at least 32 for HS256"}));
  config.secret.clear();
  EXPECT_EQ(problems_for_test(config), (Lines{"secret: 0 bytes; at least 32 for HS256"}));
  config.algorithms = {Algorithm::kRs256};
  EXPECT_EQ(problems_for_test(config), (Lines{"algorithms: RS256; HS256, HS384, HS512"}));
}

}  // namespace
}  // namespace zerq::auth
