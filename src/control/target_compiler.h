// SPDX-License-Identifier: Apache-2.0
// The `target` and `connections` of a collection → the one Target of that address. Control thread;
// the door to it is control/snapshot_compiler.h.
#pragma once

#include <string>

#include "control/gateway_config.h"

namespace zerq::upstream {
class Target;
class TargetRegistry;
}  // namespace zerq::upstream

namespace zerq::control {

struct CompiledTarget {
  const upstream::Target* target = nullptr;  // Null after a problem.
  std::string host;
  std::string path;                          // Of the URL: "" or "/v1".
};

CompiledTarget compile_target(const CollectionConfig& config, upstream::TargetRegistry& targets,
                              config::Diagnostics& problems);

}  // namespace zerq::control
