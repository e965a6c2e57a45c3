// SPDX-License-Identifier: Apache-2.0
// Collections and proxies of a GatewayConfig → RouteTable and RouteRuntimes. Control thread; the
// door to it is control/snapshot_compiler.h.
#pragma once

#include "control/compilation.h"

namespace zerq::control {

// Behind the clients, whose profiles collections refer to.
void compile_collections(Compilation& run);

}  // namespace zerq::control
