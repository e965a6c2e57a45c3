// SPDX-License-Identifier: Apache-2.0
// Step 10: the rate limit of the client's policy. The window itself is limits/exact_window.h.
#pragma once

#include "filters/filter.h"

namespace zerq::filters {

FilterResult apply_rate_limit(const FilterRequest& request);

}  // namespace zerq::filters
