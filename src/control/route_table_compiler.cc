// SPDX-License-Identifier: Apache-2.0
#include "control/route_table_compiler.h"

#include <fmt/format.h>

#include "control/compilation.h"
#include "proxy/route_table.h"

namespace zerq::control {
namespace {

void report(const CollectionConfig& config, const proxy::CollectionProblem& problem,
            const GatewayConfig& all, config::Diagnostics& problems) {
  using Kind = proxy::CollectionProblem::Kind;
  const Placed<std::string>& base_path = config.base_path;
  switch (problem.kind) {
    case Kind::kInvalidHost: {
      const Placed<std::string>& host = config.hosts[problem.host];
      problems.error(host.place, host.path, host.value, "a host name, or *. and a host name");
      break;
    }
    case Kind::kInvalidBasePath:
      problems.error(base_path.place, base_path.path, base_path.value,
                     "a canonical path such as /orders");
      break;
    case Kind::kReservedBasePath:
      problems.error(base_path.place, base_path.path,
                     base_path.value + " is reserved for the gateway", "another path");
      break;
    case Kind::kBasePathTaken: {
      const CollectionConfig& other = all.collections[problem.other];
      problems.error(
          base_path.place, base_path.path,
          fmt::format("base_path_taken: {} is \"{}\"'s", base_path.value, other.name.value),
          "another path, or other hosts; first at " + config::to_text(other.base_path.place));
      break;
    }
  }
}

text::PathOptions compile_path_options(const PathOptionsField& field) {
  return {.keeps_encoded_slash = field.encoded_slash == "keep",
          .keeps_semicolon = field.semicolon == "keep",
          .keeps_empty_segments = field.empty_segments == "keep"};
}

}  // namespace

void compile_route_table(std::span<const std::shared_ptr<const CompiledCollection>> parts,
                         Compilation& run) {
  proxy::RouteTableBuilder all;
  proxy::RouteTableBuilder published;
  for (size_t i = 0; i < parts.size(); ++i) {
    const CollectionConfig& config = run.config.collections[i];
    if (!config.base_path.is_set()) {
      continue;  // Reported as missing.
    }
    std::vector<std::string> hosts;
    for (const Placed<std::string>& host : config.hosts) {
      hosts.push_back(host.value);
    }
    const proxy::CollectionEntry entry{.number = static_cast<uint32_t>(i),
                                       .hosts = hosts,
                                       .base_path = config.base_path.value,
                                       .path_options = compile_path_options(config.path_options),
                                       .trie = &parts[i]->trie};
    for (const proxy::CollectionProblem& problem : all.add(entry)) {
      report(config, problem, run.config, run.problems);
    }
    if (config.status == "published") {
      published.add(entry);
    }
  }
  run.snapshot.routes = std::make_unique<const proxy::RouteTable>(std::move(published).build());
}

}  // namespace zerq::control
