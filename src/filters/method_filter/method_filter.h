// SPDX-License-Identifier: Apache-2.0
// Step 6: the methods that a profile may use. The only refusal of steps 3 to 7 that says why: 405
// with what is left of the route's methods in Allow.
#pragma once

#include "filters/filter.h"

namespace zerq::filters {

FilterResult check_method(const FilterRequest& request);

}  // namespace zerq::filters
