// SPDX-License-Identifier: Apache-2.0
// Step 9: the scopes that the route requires (RFC 6750 §3.1).
#pragma once

#include "filters/filter.h"

namespace zerq::filters {

FilterResult check_scopes(const FilterRequest& request);

}  // namespace zerq::filters
