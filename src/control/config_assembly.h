// SPDX-License-Identifier: Apache-2.0
// Objects → the one GatewayConfig that the compiler takes. Pure; control plane threads.
#pragma once

#include "control/live_config.h"

namespace zerq::control {

GatewayConfig assemble(const ConfigState& state);

// The same bytes exactly for the same object.
std::string content_of(const LiveObject& object);

}  // namespace zerq::control
