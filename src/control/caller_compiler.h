// SPDX-License-Identifier: Apache-2.0
// Policies, clients and profiles of a GatewayConfig → CallerTable. Control thread; the door to it
// is control/snapshot_compiler.h.
#pragma once

#include <span>

#include "control/compilation.h"
#include "http/http_method.h"

namespace zerq::control {

void compile_policies(Compilation& run);
// Behind the policies.
void compile_clients(Compilation& run);

// A method list; what is no method of product §4 is reported.
http::MethodSet compile_methods(std::span<const Placed<std::string>> methods,
                                config::Diagnostics& problems);
// A canonical scope set; what is no scope of RFC 6749 is reported.
std::string compile_scopes(std::span<const Placed<std::string>> scopes,
                           config::Diagnostics& problems);

}  // namespace zerq::control
