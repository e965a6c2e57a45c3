// SPDX-License-Identifier: Apache-2.0
// The `cors` of a collection → its rules (semantics §4): which origins may be written, and the
// header lines that every allowed answer has. Control thread; the door is
// control/snapshot_compiler.h.
#pragma once

#include <optional>

#include "control/gateway_config.h"
#include "proxy/cors.h"

namespace zerq::control {

// None where the collection has none.
std::optional<proxy::CorsRules> compile_cors(const CollectionConfig& config,
                                             config::Diagnostics& problems);

}  // namespace zerq::control
