// SPDX-License-Identifier: Apache-2.0
// Policies, clients and profiles of a GatewayConfig → CallerTable. Control thread; the door to it
// is control/snapshot_compiler.h.
#pragma once

#include "control/gateway_config.h"
#include "control/name_index.h"
#include "control/snapshot_compiler.h"

namespace zerq::control {

// Names of everything that others refer to.
struct ConfigNames {
  NameIndex policies{"policy"};
  NameIndex credentials{"credential"};
  NameIndex collections{"collection"};
  NameIndex proxies{"proxy"};
  NameIndex clients{"client"};
  NameIndex profiles{"profile"};
  std::vector<ObjectId> policy_ids, collection_ids, client_ids;
  // By client, in the order of its profiles.
  std::vector<std::vector<ObjectId>> profile_ids;
  std::vector<std::vector<ObjectId>> proxy_ids;  // By collection.

  static ConfigNames collect(const GatewayConfig& config, config::Diagnostics& problems);
};

void compile_callers(const GatewayConfig& config, const ConfigNames& names,
                     const CompileContext& context, CompiledSnapshot& snapshot,
                     config::Diagnostics& problems);

// A method list, or problems; what is no method of product §4 is named.
http::MethodSet compile_methods(std::span<const config::Placed<std::string>> methods,
                                config::Diagnostics& problems);

}  // namespace zerq::control
