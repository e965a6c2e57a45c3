// SPDX-License-Identifier: Apache-2.0
// `zerq-gateway check FILE…`: validates offline, all problems at once (semantics §2).
#pragma once

#include <span>
#include <string>

namespace zerq::control {

// One line a problem on stderr. 0: good; 2: invalid.
int run_check(std::span<const std::string> files);

}  // namespace zerq::control
