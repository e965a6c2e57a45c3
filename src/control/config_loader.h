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

// Null when a file is no document: what the others refer to is not known then. With smaller
// mistakes in `problems` it is still compiled, so that all of them are told at once.
std::unique_ptr<GatewayConfig> load_config(std::span<const std::string> files,
                                           config::Diagnostics& problems);
// The same from text that stands nowhere in a file; `name` is what messages call it.
std::unique_ptr<GatewayConfig> load_config_text(const std::string& name, const std::string& text,
                                                config::Diagnostics& problems);
// A directory stands for the YAML files in it, by name.
std::vector<std::string> expand_paths(std::span<const std::string> files);
// Null: it is no document, or another kind of one.
std::unique_ptr<config::ConfigNode> parse_config_text(const std::string& name,
                                                      const std::string& text,
                                                      config::Diagnostics& problems);

}  // namespace zerq::control
