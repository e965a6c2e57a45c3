// SPDX-License-Identifier: Apache-2.0
// GatewayConfig → Snapshot, or every reason why not. Pure but for the environment and the files
// that secrets name. What a former snapshot already has (verifiers, by the digest of their
// content) is used again: parsing one PEM key costs 0.3 ms. Control thread.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "config/diagnostic.h"
#include "control/gateway_config.h"
#include "limits/limit_table.h"
#include "proxy/snapshot.h"
#include "upstream/target.h"

namespace zerq::control {

// What outlives revisions and is needed to compile one.
struct CompileContext {
  upstream::TargetRegistry& targets;
  limits::LimitTable& windows;
  Bytes token_key;  // Of the keyed hash of opaque tokens.
  const proxy::Snapshot* previous = nullptr;
};

// Null when there are errors; warnings may stand beside a result.
std::shared_ptr<const proxy::Snapshot> compile_snapshot(const GatewayConfig& config,
                                                        uint64_t revision,
                                                        const CompileContext& context,
                                                        config::Diagnostics& problems);

}  // namespace zerq::control
