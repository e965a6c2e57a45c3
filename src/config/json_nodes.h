// SPDX-License-Identifier: Apache-2.0
// A JSON value → the same ConfigNode that YAML becomes, so that one description per field reads
// both. JSON has no places: each node stands at 1:1 of `file`, and messages go by their path.
// Control plane threads.
#pragma once

#include <string>

#include "config/config_node.h"

namespace zerq::config {

// Strict: text is what was quoted, and nothing else is.
ConfigNode make_node(const text::json::value& value, const std::string& file);

}  // namespace zerq::config
