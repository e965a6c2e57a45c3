// SPDX-License-Identifier: Apache-2.0
// Outbound credentials of type api_key and basic → what a request carries upstream: a header, or a
// parameter of the query (semantics §5, §11). Made anew at each compilation, since their secrets
// may stand outside. Control thread; the door is control/snapshot_compiler.h.
#pragma once

#include <string>
#include <vector>

#include "control/gateway_config.h"
#include "proxy/query_parameter.h"
#include "proxy/snapshot.h"

namespace zerq::control {

struct Compilation;

struct CompiledCredential {
  std::string name;
  proxy::ConfiguredHeader header;  // Its name is empty where it goes into the query.
  proxy::QueryParameter parameter;
  std::vector<std::string> allowed_hosts;  // Empty: those of its users.
  bool lacks_secret = false;
  ContentDigest state{};  // Of all of it: with the same state it compiles into the same.
};

// In the order of the configuration.
std::vector<CompiledCredential> compile_credentials(const GatewayConfig& config, bool is_offline,
                                                    config::Diagnostics& problems);

// What a reference leads to; null where it is not set, or after a problem.
const CompiledCredential* find_credential(const Reference& reference, Compilation& run);

// Semantics §11: a secret goes to no host that it was not meant for.
void check_credential_host(const Reference& reference, const CompiledCredential& credential,
                           const std::string& host, config::Diagnostics& problems);

}  // namespace zerq::control
