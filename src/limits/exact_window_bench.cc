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

// One key that every thread asks for: range(0) requests a minute, so all but those are refused.
void one_key(benchmark::State& state) {
  const SystemClock clock;
  const auto requests = static_cast<uint32_t>(state.range(0));
  const WindowPin pin = shared_table().pin(
      {.per = static_cast<LimitPer>(requests % 4), .window = kMinute + Duration(requests)});
  for (auto _ : state) {
    benchmark::DoNotOptimize(pin.admit(requests, clock));
  }
}
BENCHMARK(one_key)->Arg(100)->Arg(4096)->Arg(100'000'000)->Threads(1)->Threads(2)->UseRealTime();

// Admitted every time: a window so short that all has left it again.
void admitted_in_a_log(benchmark::State& state) {
  const SystemClock clock;
  const WindowPin pin = shared_table().pin({.window = std::chrono::microseconds(10)});
  for (auto _ : state) {
    benchmark::DoNotOptimize(pin.admit(4096, clock));
  }
}
BENCHMARK(admitted_in_a_log)->Threads(1)->Threads(2)->UseRealTime();

// `per: collection` and `per: proxy`: the window is looked up.
void looked_up_key(benchmark::State& state) {
  const SystemClock clock;
  uint8_t n = 0;
  for (auto _ : state) {
    const WindowKey key{.client = ObjectId({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ++n}),
                        .per = LimitPer::kProxy,
                        .window = kMinute};
    benchmark::DoNotOptimize(shared_table().admit(key, 100, clock));
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
