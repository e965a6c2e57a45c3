// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <array>
#include <chrono>

#include "limits/limit_table.h"

namespace zerq::limits {
namespace {

constexpr Duration kMinute = std::chrono::minutes(1);

LimitTable& shared_table() {
  static LimitTable table;
  return table;
}

PolicyLimits rate_of(uint32_t requests, Duration window) {
  return {.rate_limit = RateLimitConfig{.requests = requests, .window = window}};
}

// One key that every thread asks for: range(0) requests a minute, so all but those are refused.
void one_key(benchmark::State& state) {
  const SystemClock clock;
  const auto requests = static_cast<uint32_t>(state.range(0));
  const PolicyLimits limits = rate_of(requests, kMinute + Duration(requests));
  const LimitPin pin = shared_table().pin({}, limits);
  for (auto _ : state) {
    ConcurrencyLease lease;
    benchmark::DoNotOptimize(shared_table().admit(pin, limits, clock, lease));
  }
}
BENCHMARK(one_key)->Arg(100)->Arg(4096)->Arg(100'000'000)->Threads(1)->Threads(2)->UseRealTime();

// Admitted every time: a window so short that all has left it again.
void admitted_in_a_log(benchmark::State& state) {
  const SystemClock clock;
  const PolicyLimits limits = rate_of(4096, std::chrono::microseconds(10));
  const LimitPin pin = shared_table().pin({}, limits);
  for (auto _ : state) {
    ConcurrencyLease lease;
    benchmark::DoNotOptimize(shared_table().admit(pin, limits, clock, lease));
  }
}
BENCHMARK(admitted_in_a_log)->Threads(1)->Threads(2)->UseRealTime();

// Rate, quota and concurrency together, the slot given back at once.
void all_limits(benchmark::State& state) {
  const SystemClock clock;
  PolicyLimits limits = rate_of(4096, std::chrono::microseconds(10));
  limits.quota = {.requests = 2'147'483'647, .interval = QuotaInterval::kMonth};
  limits.concurrency = 100;
  const LimitPin pin = shared_table().pin({.per = LimitPer::kProfile}, limits);
  for (auto _ : state) {
    ConcurrencyLease lease;
    benchmark::DoNotOptimize(shared_table().admit(pin, limits, clock, lease));
  }
}
BENCHMARK(all_limits)->Threads(1)->Threads(2)->UseRealTime();

// `per: collection` and `per: proxy`: the window is looked up.
void looked_up_key(benchmark::State& state) {
  const SystemClock clock;
  const PolicyLimits limits = rate_of(100, kMinute);
  uint8_t n = 0;
  for (auto _ : state) {
    const LimitKey key{.client = ObjectId({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ++n}),
                       .per = LimitPer::kProxy};
    ConcurrencyLease lease;
    benchmark::DoNotOptimize(shared_table().admit(key, limits, clock, lease));
  }
}
BENCHMARK(looked_up_key)->Threads(1)->Threads(2)->UseRealTime();

void clock_alone(benchmark::State& state) {
  const SystemClock clock;
  for (auto _ : state) {
    benchmark::DoNotOptimize(clock.now());
  }
}
BENCHMARK(clock_alone);

}  // namespace
}  // namespace zerq::limits

BENCHMARK_MAIN();
