// SPDX-License-Identifier: Apache-2.0
// GatewayConfig → Snapshot, or every reason why not. Pure but for the environment and the files
// that secrets name. What a former snapshot already has (verifiers, by the digest of their
// content) is used again: parsing one PEM key costs 0.3 ms. Control thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "config/diagnostic.h"
#include "proxy/snapshot.h"

namespace zerq::auth {
class JwtVerifier;
}
namespace zerq::limits {
class LimitTable;
}
namespace zerq::upstream {
class TargetRegistry;
}

namespace zerq::control {

struct GatewayConfig;

// A snapshot with what its profiles borrow. Shared between revisions, so that an unchanged key is
// parsed once.
struct CompiledSnapshot : proxy::Snapshot {
  std::vector<std::shared_ptr<const auth::JwtVerifier>> verifiers;
};
using SnapshotRef = std::shared_ptr<const CompiledSnapshot>;

// What outlives revisions and is needed to compile one.
struct CompileContext {
  upstream::TargetRegistry& targets;
  limits::LimitTable& windows;
  Bytes token_key;  // Of the keyed hash of opaque tokens.
  const CompiledSnapshot* previous = nullptr;
};

// Null when there are errors; warnings may stand beside a result.
SnapshotRef compile_snapshot(const GatewayConfig& config, uint64_t revision,
                             const CompileContext& context, config::Diagnostics& problems);

}  // namespace zerq::control
