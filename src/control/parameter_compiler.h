// SPDX-License-Identifier: Apache-2.0
// The `parameters` of a proxy → what its requests are checked against. Control thread; the door is
// control/snapshot_compiler.h.
#pragma once

#include <span>

#include "control/gateway_config.h"
#include "filters/parameter_set.h"
#include "proxy/route_pattern.h"

namespace zerq::control {

filters::ParameterSet compile_parameters(std::span<const ParameterField> fields,
                                         const proxy::RoutePattern& pattern,
                                         config::Diagnostics& problems);

}  // namespace zerq::control
