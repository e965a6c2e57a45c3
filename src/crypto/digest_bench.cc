// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <string>

#include "crypto/digest.h"

namespace zerq::crypto {
namespace {

void sha256_of_a_token(benchmark::State& state) {
  const std::string token(static_cast<size_t>(state.range(0)), 'x');
  Sha256 hasher;
  for (auto _ : state) {
    benchmark::DoNotOptimize(hasher.digest(as_bytes(token)));
  }
}
BENCHMARK(sha256_of_a_token)->Arg(60)->Arg(600);

void hmac_of_a_token(benchmark::State& state) {
  const std::string token(static_cast<size_t>(state.range(0)), 'x');
  HmacSha256 mac(as_bytes("0123456789abcdef0123456789abcdef"));
  for (auto _ : state) {
    benchmark::DoNotOptimize(mac.digest(as_bytes(token)));
  }
}
BENCHMARK(hmac_of_a_token)->Arg(60);

}  // namespace
}  // namespace zerq::crypto

BENCHMARK_MAIN();
