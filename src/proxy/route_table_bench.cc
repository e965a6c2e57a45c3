// SPDX-License-Identifier: Apache-2.0
// One look-up, host to route, in tables of 1, 100 and 10,000 routes: performance P8 wants it flat.
#include "proxy/route_table.h"

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

namespace zerq::proxy {
namespace {

constexpr size_t kRoutesOfACollection = 100;

struct Tables {
  std::vector<std::unique_ptr<RouteTrie>> tries;
  RouteTable table;
  std::vector<std::string> paths;
};

// In collections of 100 routes, or all in one.
std::unique_ptr<Tables> make_tables(size_t routes, size_t routes_of_a_collection) {
  auto tables = std::make_unique<Tables>();
  RouteTableBuilder builder;
  http::MethodSet get;
  get.add(http::Method::kGet);
  const std::vector<std::string> hosts = {"api.example"};
  for (size_t first = 0; first < routes; first += routes_of_a_collection) {
    const std::string base = "/team/service" + std::to_string(first);
    RouteTrieBuilder trie;
    for (size_t i = 0; i < std::min(routes_of_a_collection, routes); ++i) {
      const std::string name = "/resource" + std::to_string(i);
      static_cast<void>(
          trie.add(*RoutePattern::parse(name + "/{id}/items"), get, static_cast<uint32_t>(i)));
      tables->paths.push_back(base + name + "/4711/items");
    }
    tables->tries.push_back(std::make_unique<RouteTrie>(std::move(trie).build()));
    static_cast<void>(builder.add({.number = static_cast<uint32_t>(first),
                                   .hosts = hosts,
                                   .base_path = base,
                                   .path_options = {},
                                   .trie = tables->tries.back().get()}));
  }
  tables->table = std::move(builder).build();
  return tables;
}

void run(benchmark::State& state, const Tables& tables, size_t paths) {
  HeapBlocks blocks;
  size_t next = 0;
  alignas(std::max_align_t) std::byte first[1024];
  for (auto _ : state) {
    Arena arena(blocks, first);
    const std::string& path = tables.paths[next];
    next = next + 1 == paths ? 0 : next + 1;
    const CollectionMatch collection = tables.table.find_collection("api.example:8080", path);
    benchmark::DoNotOptimize(
        collection.trie->find(collection.path, http::Method::kGet, arena).route);
  }
}

void BM_OneRouteOfMany(benchmark::State& state) {
  const auto tables = make_tables(static_cast<size_t>(state.range(0)), kRoutesOfACollection);
  run(state, *tables, 1);
}

void BM_OneCollectionWithAll(benchmark::State& state) {
  const auto tables =
      make_tables(static_cast<size_t>(state.range(0)), static_cast<size_t>(state.range(0)));
  run(state, *tables, 1);
}

// Every look-up another route: what the caches of the processor make of it.
void BM_AllRoutesInTurn(benchmark::State& state) {
  const auto tables = make_tables(static_cast<size_t>(state.range(0)), kRoutesOfACollection);
  run(state, *tables, tables->paths.size());
}

BENCHMARK(BM_OneRouteOfMany)->Arg(1)->Arg(100)->Arg(10'000);
BENCHMARK(BM_OneCollectionWithAll)->Arg(1)->Arg(100)->Arg(10'000);
BENCHMARK(BM_AllRoutesInTurn)->Arg(1)->Arg(100)->Arg(10'000);

}  // namespace
}  // namespace zerq::proxy

BENCHMARK_MAIN();
