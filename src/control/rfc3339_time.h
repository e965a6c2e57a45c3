// SPDX-License-Identifier: Apache-2.0
// RFC 3339 timestamps as wall time. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace zerq::control {

// "2027-01-31T00:00:00Z", with fraction and offset as the RFC allows. None: not one.
std::optional<WallTime> parse_rfc3339(std::string_view text);

}  // namespace zerq::control
