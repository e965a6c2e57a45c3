// SPDX-License-Identifier: Apache-2.0
// What steps 3 to 10 cost a request: among range(0) clients, with a token that the connection
// remembers, and under a limit; and what making and dropping the table of callers costs a reload.
#include <benchmark/benchmark.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "auth/token_factory_for_test.h"
#include "filters/caller_cache.h"
#include "filters/callers_for_test.h"
#include "filters/pipeline.h"
#include "filters/route_rules.h"

namespace zerq::filters {
namespace {

ObjectId id_of(uint8_t kind, uint32_t n) {
  return ObjectId({0x66, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6, kind, static_cast<uint8_t>(n >> 24),
                   static_cast<uint8_t>(n >> 16), static_cast<uint8_t>(n >> 8),
                   static_cast<uint8_t>(n)});
}

struct Callers {
  Callers(uint32_t count, AuthKind auth, limits::LimitTable& windows,
          const auth::JwtVerifier* verifier) {
    const Policy& policy = made.add_policy(
        {.id = id_of(0, 1),
         .limits = {.rate_limit = limits::RateLimitConfig{.requests = 1'000'000'000}}});
    auth::OpaqueTokenHasher hasher(as_bytes("key"));
    for (uint32_t i = 0; i < count; ++i) {
      Client& client = made.add_client({.id = id_of(1, i), .collections = {id_of(3, 1)}});
      client.policy = &policy;
      client.limit = windows.pin(limit_key(policy, client.id, {}), policy.limits);
      Profile& profile = made.add_profile({.id = id_of(2, i), .client = &client, .auth = auth});
      profile.verifier = verifier;
      profile.scopes = "pets:read";
      profile.allowed_ips.add(CidrBlock::parse("10.0.0.0/8").value());
      if (auth == AuthKind::kToken) {
        profile.tokens.push_back({.hash = hasher.hash(kToken)});
      }
    }
  }

  static constexpr const char* kToken = "zerq_tok_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH";
  CallersForTest made;
};

void run(benchmark::State& state, AuthKind auth) {
  constexpr auto kAlgorithm = crypto::SignatureAlgorithm::kRs256;
  const auto verifier = auth::compile_for_test(auth::public_key_config_for_test(kAlgorithm));
  limits::LimitTable windows;
  const auto count = static_cast<uint32_t>(state.range(0));
  const Callers callers(count, auth, windows, verifier.get());
  const std::string token =
      auth == AuthKind::kToken
          ? Callers::kToken
          : auth::make_jwt_for_test(auth::header_for_test(kAlgorithm),
                                    auth::claims_for_test(R"(,"scope":"pets:read")"), kAlgorithm);
  const std::string authorization = "Bearer " + token;
  std::vector<std::string> client_ids;
  std::vector<std::string> profile_ids;
  for (uint32_t i = 0; i < count; ++i) {
    client_ids.push_back(id_of(1, i).to_text());
    profile_ids.push_back(id_of(2, i).to_text());
  }
  RouteRules rules{.collection_id = id_of(3, 1), .proxy_id = id_of(4, 1)};
  rules.required_scopes = "pets:read";
  CallerCache cache(as_bytes("key"), windows);
  const SystemClock clock;
  auth::TokenMemo memo;
  HeapBlocks blocks;
  std::array<std::byte, 4096> first;
  uint32_t n = 0;
  for (auto _ : state) {
    Arena arena(blocks, first);
    http::RequestHead head(arena);
    head.method = http::Method::kGet;
    head.headers.add("Host", "g", http::KnownHeader::kHost);
    head.headers.add("X-Client-ID", client_ids[n], http::KnownHeader::kXClientId);
    head.headers.add("X-Profile-ID", profile_ids[n], http::KnownHeader::kXProfileId);
    head.headers.add("Authorization", authorization, http::KnownHeader::kAuthorization);
    n = n + 7 < count ? n + 7 : 0;
    Admission admission;
    const FilterResult result = run_pipeline({.head = head,
                                              .arena = arena,
                                              .rules = rules,
                                              .callers = callers.made.table(),
                                              .cache = cache,
                                              .token_memo = memo,
                                              .clock = clock,
                                              .client_ip = IpAddress::v4(0x0A000001),
                                              .now = Instant{},
                                              .wall_now = auth::kTokenTestNow,
                                              .admission = admission});
    if (result.is_reply()) {
      state.SkipWithError(std::string(result.reason).c_str());
      break;
    }
  }
}
BENCHMARK_CAPTURE(run, none, AuthKind::kNone)->Arg(1)->Arg(10'000);
BENCHMARK_CAPTURE(run, token, AuthKind::kToken)->Arg(1)->Arg(10'000);
BENCHMARK_CAPTURE(run, jwt, AuthKind::kJwt)->Arg(1)->Arg(10'000);

void make_and_drop_callers(benchmark::State& state) {
  limits::LimitTable windows;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        Callers(static_cast<uint32_t>(state.range(0)), AuthKind::kNone, windows, nullptr));
  }
}
BENCHMARK(make_and_drop_callers)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace zerq::filters

BENCHMARK_MAIN();
