// SPDX-License-Identifier: Apache-2.0
// Step 10: the limits of the client's policy. How they are counted stands in limits/limit_table.h.
#pragma once

#include "filters/filter.h"

namespace zerq::filters {

FilterResult apply_limits(const FilterRequest& request);

}  // namespace zerq::filters
