// SPDX-License-Identifier: Apache-2.0
// Collections and proxies of a GatewayConfig → RouteTable and RouteRuntimes. Control thread; the
// door to it is control/snapshot_compiler.h.
#pragma once

#include "control/caller_compiler.h"
#include "control/snapshot_compiler.h"

namespace zerq::control {

// After compile_callers(): anonymous profiles are looked up in the snapshot.
void compile_routes(const GatewayConfig& config, const ConfigNames& names,
                    const CompileContext& context, proxy::Snapshot& snapshot,
                    config::Diagnostics& problems);

}  // namespace zerq::control
