// SPDX-License-Identifier: Apache-2.0
// Any bytes as a key set or a PEM: nothing crashes; problems and keys exclude each other; what is
// a key can be used.
#include <cstdint>
#include <string_view>
#include <vector>

#include "auth/key_set.h"
#include "base/check.h"
#include "text/json.h"

namespace zerq::auth {
namespace {

void check_keys(const KeySet& keys, const std::vector<AuthProblem>& problems) {
  CHECK(keys.keys().empty() != problems.empty());
  for (const KeySet::Key& key : keys.keys()) {
    CHECK(!key.verifiers.empty());
    for (const crypto::SignatureVerifier& verifier : key.verifiers) {
      CHECK(!verifier.verify(as_bytes("message"), as_bytes("no signature")));
    }
  }
}

void try_as_keys(std::string_view text) {
  const crypto::SignatureAlgorithm allowed[] = {
      crypto::SignatureAlgorithm::kRs256, crypto::SignatureAlgorithm::kPs384,
      crypto::SignatureAlgorithm::kEs256, crypto::SignatureAlgorithm::kEs384,
      crypto::SignatureAlgorithm::kEs512, crypto::SignatureAlgorithm::kEdDsa};
  std::vector<AuthProblem> problems;
  check_keys(KeySet::from_pem(text, allowed, problems), problems);
  if (const Result<text::json::value> tree = text::parse_json(text)) {
    problems.clear();
    check_keys(KeySet::from_jwks(*tree, allowed, problems), problems);
  }
}

}  // namespace
}  // namespace zerq::auth

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  zerq::auth::try_as_keys({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
