// SPDX-License-Identifier: Apache-2.0
#include "control/target_compiler.h"

#include "control/target_url.h"
#include "upstream/target.h"

namespace zerq::control {

CompiledTarget compile_target(const CollectionConfig& config, upstream::TargetRegistry& targets,
                              config::Diagnostics& problems) {
  const std::optional<TargetUrl> url = parse_target_url(config.target, problems);
  if (!url.has_value()) {
    return {};
  }
  upstream::ConnectionLimits limits;
  limits.connections_max = config.connections.max;
  limits.queue_max = config.connections.queue;
  limits.queue_wait = std::chrono::milliseconds(config.connections.queue_ms);
  const upstream::Target& target =
      targets.find_or_add({.host = url->host, .port = url->port}, limits);
  return {.target = &target, .host = url->host, .path = url->path};
}

}  // namespace zerq::control
