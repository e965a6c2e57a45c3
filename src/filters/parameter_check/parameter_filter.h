// SPDX-License-Identifier: Apache-2.0
// Step 11: the declared parameters of the route.
#pragma once

#include "filters/filter.h"

namespace zerq::filters {

FilterResult check_parameters(const FilterRequest& request);

}  // namespace zerq::filters
