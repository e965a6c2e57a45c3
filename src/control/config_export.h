// SPDX-License-Identifier: Apache-2.0
// The live configuration as one declarative file (semantics §2): sorted by name, with ids, without
// defaults, references by name, never a secret. What is exported applies without a change. Pure.
#pragma once

#include <string>

#include "control/live_config.h"

namespace zerq::control {

std::string export_config(const ConfigState& state);

}  // namespace zerq::control
