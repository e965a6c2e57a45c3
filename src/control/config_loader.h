// SPDX-License-Identifier: Apache-2.0
// Files → GatewayConfig. Several files, or a directory of .yaml files, are one document (semantics
// §2). Blocking; control thread.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "config/diagnostic.h"
#include "control/gateway_config.h"

namespace zerq::control {

// Null when a file could not be parsed. Else what could be decoded, so that the compiler can look
// for further mistakes; every problem is in `problems`.
std::unique_ptr<GatewayConfig> load_config(std::span<const std::string> files,
                                           config::Diagnostics& problems);
// The same from text that stands nowhere in a file; `name` is what messages call it.
std::unique_ptr<GatewayConfig> load_config_text(const std::string& name, const std::string& text,
                                                config::Diagnostics& problems);

}  // namespace zerq::control
