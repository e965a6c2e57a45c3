// SPDX-License-Identifier: Apache-2.0
// Any bytes as a token: nothing crashes, and nothing is accepted that nobody signed. The verifier
// has a key whose private half does not exist here.
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "auth/jwt_token.h"
#include "auth/jwt_verifier.h"
#include "base/check.h"

namespace zerq::auth {
namespace {

std::unique_ptr<const JwtVerifier> make_verifier() {
  JwtConfig config;
  config.kind = JwtKind::kPublicKeys;
  config.algorithms = {crypto::SignatureAlgorithm::kEdDsa, crypto::SignatureAlgorithm::kEs256};
  config.issuer = "acme";
  config.audiences = {"petstore"};
  config.required_claims["/a/b"] = "c";
  config.jwks = text::parse_json(R"({"keys":[
      {"kty":"OKP","crv":"Ed25519","kid":"demo",
       "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
      {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
       "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})")
                    .value();
  std::vector<AuthProblem> problems;
  std::unique_ptr<const JwtVerifier> verifier = JwtVerifier::compile(config, problems);
  CHECK(verifier != nullptr);
  return verifier;
}

void try_as_token(std::string_view text) {
  static const std::unique_ptr<const JwtVerifier> verifier = make_verifier();
  HeapBlocks blocks;
  Arena arena(blocks);
  CHECK(!verifier->verify(text, WallTime{1'300'000'000'000'000}, arena).has_value());
  static_cast<void>(parse_jwt_claims(text));
  if (const auto token = parse_jwt(text)) {
    CHECK(text.starts_with(token->signed_text));
    CHECK(token->signed_text.ends_with(token->payload_text));
    CHECK(!token->signature.empty());
  }
}

}  // namespace
}  // namespace zerq::auth

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  zerq::auth::try_as_token({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
