// SPDX-License-Identifier: Apache-2.0
#include "auth/jwt_token.h"

#include <gtest/gtest.h>

#include <string>

#include "auth/token_factory_for_test.h"

namespace zerq::auth {
namespace {

constexpr char kHs256[] = R"({"alg":"HS256"})";

std::string verdict(std::string_view token) {
  const auto parsed = parse_jwt(token);
  return std::string(parsed ? "parsed" : token_refusal_reason(parsed.error()));
}

std::string with_header(std::string_view header) { return encode_for_test(header) + ".e30.AAAA"; }

TEST(JwtToken, KeepsTheSignedTextAsReceived) {
  const std::string token = encode_for_test(R"({"alg":"ES256","kid":"k/1"})") + ".e30.AAAA";
  const JwtToken parsed = parse_jwt(token).value();
  EXPECT_EQ(parsed.signed_text, token.substr(0, token.rfind('.')));
  EXPECT_EQ(parsed.payload_text, "e30");
  EXPECT_EQ(parsed.signature, std::string(3, '\0'));
  EXPECT_EQ(parsed.algorithm, crypto::SignatureAlgorithm::kEs256);
  EXPECT_EQ(parsed.kid, "k/1");
}

struct ShapeCase {
  const char* what;
  std::string token;
};

// RFC 7515 §7.1, RFC 4648 §3.2 and §3.5.
TEST(JwtToken, RefusesEveryOtherShape) {
  const std::string header = encode_for_test(kHs256);
  const ShapeCase cases[] = {
      {"empty", ""},
      {"one part", "abc"},
      {"two parts", header + ".e30"},
      {"four parts", header + ".e30.AAAA.AAAA"},
      {"five parts, RFC 7516", header + ".AA.AA.AA.AA"},
      {"dots alone", ".."},
      {"no header", ".e30.AAAA"},
      {"no signature", header + ".e30."},
      {"padding in the header", header + "=.e30.AAAA"},
      {"padding in the signature", header + ".e30.AA=="},
      {"plain base64", header + ".e30.AA+/"},
      {"white space", header + ".e30.AA AA"},
      {"line end", header + ".e30.AAAA\n"},
      {"NUL", header + ".e30.AAA" + '\0'},
      {"unused bits", header + ".e30.AB"},
      {"impossible length", header + ".e30.AAAAA"},
      {"opaque token", "zerq_tok_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH"},
      {"UTF-8", header + ".e30.\xc3\xa9"},
      {"JSON serialization", R"({"payload":"e30","signatures":[]})"},
  };
  for (const ShapeCase& c : cases) {
    EXPECT_EQ(verdict(c.token), "malformed_token") << c.what;
  }
}

struct HeaderCase {
  const char* header;
  const char* verdict;
};

TEST(JwtToken, ReadsTheProtectedHeaderStrictly) {
  const HeaderCase cases[] = {
      {R"({"alg":"HS256"})", "parsed"},
      {R"({ "typ" : "JWT" , "alg" : "HS256" })", "parsed"},
      {R"({"alg":"HS256","typ":"jwt"})", "parsed"},
      {R"({"alg":"HS256","typ":"at+jwt"})", "parsed"},
      {R"({"alg":"HS256","typ":"AT+JWT"})", "parsed"},
      {R"({"alg":"HS256","typ":"application/at+jwt"})", "parsed"},  // RFC 9068 §4.
      {R"({"alg":"HS256","typ":"id+jwt"})", "wrong_typ"},
      {R"({"alg":"HS256","typ":"dpop+jwt"})", "wrong_typ"},
      {R"({"alg":"HS256","typ":"logout+jwt"})", "wrong_typ"},
      {R"({"alg":"HS256","typ":"JOSE"})", "wrong_typ"},
      {R"({"alg":"HS256","typ":""})", "wrong_typ"},
      {R"({"alg":"HS256","typ":null})", "wrong_typ"},
      {R"({"alg":"HS256","typ":["JWT"]})", "wrong_typ"},
      {R"({"alg":"HS256","typ":"application/"})", "wrong_typ"},
      {R"({"alg":"HS256","crit":["exp"],"exp":1})", "crit_not_supported"},
      {R"({"alg":"HS256","crit":["b64"],"b64":false})", "crit_not_supported"},
      {R"({"alg":"HS256","crit":[]})", "crit_not_supported"},
      {R"({"alg":"HS256","crit":null})", "crit_not_supported"},
      {R"({"alg":"none"})", "algorithm_not_allowed"},
      {R"({"alg":"None"})", "algorithm_not_allowed"},
      {R"({"alg":"NONE"})", "algorithm_not_allowed"},
      {R"({"alg":"nOnE"})", "algorithm_not_allowed"},
      {R"({"alg":""})", "algorithm_not_allowed"},
      {R"({"alg":"hs256"})", "algorithm_not_allowed"},
      {R"({"alg":"HS256\u0000"})", "algorithm_not_allowed"},
      {R"({"alg":"RSA1_5"})", "algorithm_not_allowed"},
      {R"({"alg":"ES256K"})", "algorithm_not_allowed"},
      {R"({"alg":null})", "malformed_token"},
      {R"({"alg":256})", "malformed_token"},
      {R"({"alg":["HS256"]})", "malformed_token"},
      {R"({"ALG":"HS256"})", "malformed_token"},
      {R"({})", "malformed_token"},
      {R"({"alg":"HS256","alg":"HS256"})", "malformed_token"},
      {R"({"alg":"none","alg":"HS256"})", "malformed_token"},
      {R"({"alg":"HS256","\u0061lg":"none"})", "malformed_token"},
      {R"({"alg":"HS256","x":{"a":1,"a":2}})", "malformed_token"},
      {R"({"alg":"HS256","kid":1})", "malformed_token"},
      {R"({"alg":"HS256","kid":null})", "malformed_token"},
      {R"({"alg":"HS256","kid":{"$ne":""}})", "malformed_token"},
      {R"({"alg":"HS256","kid":""})", "parsed"},
      {R"({"alg":"HS256","kid":"../../../dev/null"})", "parsed"},
      {R"({"alg":"HS256","kid":"x' OR '1'='1"})", "parsed"},
      {R"({"alg":"HS256","x":[[[[[[[[[1]]]]]]]]]})", "malformed_token"},
      {R"([{"alg":"HS256"}])", "malformed_token"},
      {R"("HS256")", "malformed_token"},
      {R"(null)", "malformed_token"},
      {R"({"alg":"HS256"} )", "parsed"},
      {R"({"alg":"HS256"}x)", "malformed_token"},
      {R"({"alg":"HS256"}{"alg":"none"})", "malformed_token"},
      {R"({"alg":"HS256",})", "malformed_token"},
      {R"({'alg':'HS256'})", "malformed_token"},
      {R"({"alg":"HS256"/**/})", "malformed_token"},
      {R"({"alg":NaN})", "malformed_token"},
      {"{\"alg\":\"HS256\",\"x\":\"\xff\"}", "malformed_token"},
      {"\xef\xbb\xbf{\"alg\":\"HS256\"}", "malformed_token"},
      // A header may bring keys and addresses; nobody reads them (RFC 8725 §3.10).
      {R"({"alg":"HS256","jku":"https://evil.example/jwks","x5u":"http://evil.example"})",
       "parsed"},
      {R"({"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"},"x5c":["AAAA"]})", "parsed"},
  };
  for (const HeaderCase& c : cases) {
    EXPECT_EQ(verdict(with_header(c.header)), c.verdict) << c.header;
  }
}

TEST(JwtToken, SizeEndsAtSixteenKilobytes) {
  const std::string start = encode_for_test(kHs256) + ".";
  const std::string end = ".AAAA";
  const std::string payload(kJwtBytesMax - start.size() - end.size(), 'A');
  EXPECT_EQ(verdict(start + payload + end), "parsed");
  EXPECT_EQ(verdict(start + payload + "A" + end), "token_too_large");
}

TEST(JwtToken, ClaimsAreOneStrictObject) {
  const auto claims_of = [](std::string_view text) {
    return parse_jwt_claims(encode_for_test(text)).has_value();
  };
  EXPECT_TRUE(claims_of(R"({"exp":1})"));
  EXPECT_TRUE(claims_of("{\"a\":" + std::string(31, '[') + std::string(31, ']') + "}"));
  EXPECT_FALSE(claims_of("{\"a\":" + std::string(32, '[') + std::string(32, ']') + "}"));
  for (const char* bad :
       {"", "[]", "1", "null", "{", R"({"exp":1,"exp":1})", R"({"a":{"b":1,"b":2}})",
        R"({"a":[{"b":1,"b":1}]})", R"({"exp":01})", R"({"exp":0x1})", R"({"exp":+1})"}) {
    EXPECT_FALSE(claims_of(bad)) << bad;
  }
  EXPECT_FALSE(parse_jwt_claims("e30=").has_value());
}

}  // namespace
}  // namespace zerq::auth
