// SPDX-License-Identifier: Apache-2.0
// Step 7: the collections that a client may use. It has none that it does not name.
#pragma once

#include "filters/filter.h"

namespace zerq::filters {

FilterResult check_collection(const FilterRequest& request);

}  // namespace zerq::filters
