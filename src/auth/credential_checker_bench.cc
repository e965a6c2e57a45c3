// SPDX-License-Identifier: Apache-2.0
// What a credential costs a request: verified anew, found by its hash, found by the memo.
#include <benchmark/benchmark.h>

#include <array>
#include <string>

#include "auth/credential_checker.h"
#include "auth/token_factory_for_test.h"

namespace zerq::auth {
namespace {

using Algorithm = crypto::SignatureAlgorithm;

std::string make_token(Algorithm algorithm) {
  return make_jwt_for_test(
      header_for_test(algorithm),
      claims_for_test(
          R"(,"scope":"pets:read pets:write","jti":"5d1f0a2e-7b1c-4e55","iat":1699999999)"),
      algorithm);
}

CredentialAttempt attempt(std::string_view token) {
  return {.token = token,
          .peer = IpAddress::v4(0x0A000001),
          .profile = {},
          .now = {},
          .wall_now = kTokenTestNow};
}

void verify(benchmark::State& state) {
  const auto algorithm = static_cast<Algorithm>(state.range(0));
  JwtConfig config = crypto::is_symmetric(algorithm) ? shared_secret_config_for_test()
                                                     : public_key_config_for_test(algorithm);
  const auto verifier = compile_for_test(config);
  const std::string token = make_token(algorithm);
  state.SetLabel(std::string(crypto::signature_algorithm_name(algorithm)));
  HeapBlocks blocks;
  Arena arena(blocks);
  for (auto _ : state) {
    benchmark::DoNotOptimize(verifier->verify(token, kTokenTestNow, arena));
    arena.release();
  }
}
BENCHMARK(verify)
    ->Arg(static_cast<int>(Algorithm::kHs256))
    ->Arg(static_cast<int>(Algorithm::kRs256))
    ->Arg(static_cast<int>(Algorithm::kPs256))
    ->Arg(static_cast<int>(Algorithm::kEs256))
    ->Arg(static_cast<int>(Algorithm::kEdDsa));

void check_known(benchmark::State& state, bool has_memo) {
  const auto verifier = compile_for_test(public_key_config_for_test(Algorithm::kRs256));
  const std::string token = make_token(Algorithm::kRs256);
  CredentialChecker checker(as_bytes("key"));
  HeapBlocks blocks;
  std::array<std::byte, 4096> first;
  TokenMemo memo;
  for (auto _ : state) {
    Arena arena(blocks, first);
    if (!has_memo) {
      memo = {};
    }
    benchmark::DoNotOptimize(checker.check_jwt(*verifier, attempt(token), memo, arena));
  }
  state.SetLabel(std::to_string(token.size()) + " bytes");
}
BENCHMARK_CAPTURE(check_known, by_hash, false);
BENCHMARK_CAPTURE(check_known, by_memo, true);

void check_opaque(benchmark::State& state) {
  const std::string token = "zerq_tok_" + std::string(43, 'x');
  OpaqueTokenHasher hasher(as_bytes("key"));
  const OpaqueTokenHash accepted[] = {{.hash = hasher.hash(token)}};
  CredentialChecker checker(as_bytes("key"));
  for (auto _ : state) {
    benchmark::DoNotOptimize(checker.check_opaque(accepted, attempt(token)));
  }
}
BENCHMARK(check_opaque);

}  // namespace
}  // namespace zerq::auth

BENCHMARK_MAIN();
