// SPDX-License-Identifier: Apache-2.0
#include "control/config_check.h"

#include <cstdio>

#include "control/config_loader.h"
#include "control/gateway_config.h"
#include "control/snapshot_compiler.h"
#include "limits/limit_table.h"
#include "upstream/target.h"

namespace zerq::control {

int run_check(std::span<const std::string> files) {
  config::Diagnostics problems;
  if (const std::unique_ptr<GatewayConfig> config = load_config(files, problems)) {
    upstream::TargetRegistry targets;
    limits::LimitTable windows;
    compile_snapshot(*config, 0,
                     {.targets = targets,
                      .windows = windows,
                      .token_key = as_bytes("check"),
                      .is_offline = true},
                     problems);
  }
  for (const config::Diagnostic& problem : problems.sorted()) {
    std::fprintf(stderr, "%s\n", config::to_line(problem).c_str());
  }
  return problems.has_errors() ? 2 : 0;
}

}  // namespace zerq::control
