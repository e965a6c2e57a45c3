// SPDX-License-Identifier: Apache-2.0
// Steps 5, 6 and 7: from where, with which methods, and to which collections a caller may come.
#pragma once

#include "filters/filter.h"

namespace zerq::filters {

FilterResult check_client_address(const FilterRequest& request);
FilterResult check_method(const FilterRequest& request);
FilterResult check_collection(const FilterRequest& request);

}  // namespace zerq::filters
