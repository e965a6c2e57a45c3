// SPDX-License-Identifier: Apache-2.0
// A change of one object among 10,000 routes and 10,000 clients must be compiled within 20 ms
// (architecture §4); reading the file is measured apart.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "control/config_loader.h"
#include "control/gateway_config.h"
#include "control/snapshot_compiler.h"
#include "limits/limit_table.h"
#include "upstream/target.h"

namespace zerq::control {
namespace {

constexpr int kCollections = 100;
constexpr int kProxiesEach = 100;
constexpr int kClients = 10'000;

std::string large_document(std::string_view changed_path, std::string_view changed_email) {
  std::string text =
      "version: 1\npolicies:\n  - {name: gold, rate_limit: {requests: 100, interval: 1m}}\n";
  text += "collections:\n";
  for (int c = 0; c < kCollections; ++c) {
    text += fmt::format(
        "  - name: c{}\n    base_path: /c{}\n    target: http://127.0.0.1:{}\n    status: "
        "published\n"
        "    anonymous_profile: client0/none\n    proxies:\n",
        c, c, 9000 + c % 10);
    for (int p = 0; p < kProxiesEach; ++p) {
      text += fmt::format(
          "      - {{name: p{0}, methods: [GET, POST], path: \"{1}/{{id}}/items/{{item}}\", "
          "target_path: "
          "\"/v2/r{0}/{{id}}/items/{{item}}\", required_scopes: [\"orders:read\"], status: "
          "published}}\n",
          p, c == 7 && p == 7 ? changed_path : fmt::format("/r{}", p));
    }
  }
  text += "clients:\n";
  for (int c = 0; c < kClients; ++c) {
    text += fmt::format(
        "  - name: client{0}\n    email: {2}\n    collections: [c{1}]\n    policy: gold\n    "
        "profiles:\n"
        "      - {{name: none, auth: {{type: none}}}}\n"
        "      - {{name: jwt, auth: {{type: jwt, secret: {{value: "
        "a-32-byte-minimum-secret-of-{0:08}}}}}}}\n",
        c, c % kCollections, c == 7 ? changed_email : std::string_view("a@b.example"));
  }
  return text;
}

std::unique_ptr<GatewayConfig> load(const std::string& text) {
  config::Diagnostics problems;
  std::unique_ptr<GatewayConfig> config = load_config_text("large", text, problems);
  CHECK(config != nullptr);
  return config;
}

struct Node {
  upstream::TargetRegistry targets;
  limits::LimitTable windows;

  SnapshotRef compile(const GatewayConfig& config, const CompiledSnapshot* previous) {
    config::Diagnostics problems;
    auto snapshot = compile_snapshot(config, 1,
                                     {.targets = targets,
                                      .windows = windows,
                                      .token_key = as_bytes("0123456789abcdef0123456789abcdef"),
                                      .previous = previous},
                                     problems);
    CHECK(snapshot != nullptr);
    return snapshot;
  }
};

void read_large_file(benchmark::State& state) {
  const std::string text = large_document("/r7", "a@b.example");
  for (auto _ : state) {
    benchmark::DoNotOptimize(load(text));
  }
  state.SetBytesProcessed(static_cast<int64_t>(text.size() * state.iterations()));
}
BENCHMARK(read_large_file)->Unit(benchmark::kMillisecond);

void compile_first(benchmark::State& state) {
  const auto config = load(large_document("/r7", "a@b.example"));
  Node node;
  for (auto _ : state) {
    benchmark::DoNotOptimize(node.compile(*config, nullptr));
  }
}
BENCHMARK(compile_first)->Unit(benchmark::kMillisecond);

void compile_again(benchmark::State& state, std::string_view path, std::string_view email) {
  const auto before = load(large_document("/r7", "a@b.example"));
  const auto after = load(large_document(path, email));
  Node node;
  const auto previous = node.compile(*before, nullptr);
  for (auto _ : state) {
    const auto now = node.compile(*after, previous.get());
    benchmark::DoNotOptimize(now);
  }
}
BENCHMARK_CAPTURE(compile_again, nothing_changed, "/r7", "a@b.example")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compile_again, one_route_changed, "/other", "a@b.example")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compile_again, one_client_changed, "/r7", "b@b.example")
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace zerq::control

BENCHMARK_MAIN();
