// SPDX-License-Identifier: Apache-2.0
// Step 5: the addresses from which a profile may be used; an empty list allows all. Which address
// a request came from is decided before (filters/client_address.h).
#pragma once

#include "filters/filter.h"

namespace zerq::filters {

FilterResult check_client_address(const FilterRequest& request);

}  // namespace zerq::filters
