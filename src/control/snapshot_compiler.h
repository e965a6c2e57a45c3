// SPDX-License-Identifier: Apache-2.0
// GatewayConfig → Snapshot, or every reason why not. Pure but for the environment and the files
// that secrets name. What the former snapshot has compiled from the same content is used again
// (control/compiled_parts.h): one PEM key costs 0.3 ms to parse. Control thread.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "config/diagnostic.h"
#include "proxy/snapshot.h"

namespace zerq::limits {
class LimitTable;
}
namespace zerq::upstream {
class TargetRegistry;
}

namespace zerq::control {

struct CompiledParts;  // Private: control/compiled_parts.h.
struct GatewayConfig;

// A snapshot with its hold on what it borrows.
struct CompiledSnapshot : proxy::Snapshot {
  CompiledSnapshot();
  ~CompiledSnapshot();

  std::unique_ptr<const CompiledParts> parts;
};
using SnapshotRef = std::shared_ptr<const CompiledSnapshot>;

// What outlives revisions and is needed to compile one.
struct CompileContext {
  upstream::TargetRegistry& targets;
  limits::LimitTable& windows;
  Bytes token_key;  // Of the keyed hash of opaque tokens.
  const CompiledSnapshot* previous = nullptr;
  // Environment and files are not looked at; what they hold is taken to be good.
  bool is_offline = false;
};

// Null when there are errors; warnings may stand beside a result.
SnapshotRef compile_snapshot(const GatewayConfig& config, uint64_t revision,
                             const CompileContext& context, config::Diagnostics& problems);

}  // namespace zerq::control
