// SPDX-License-Identifier: Apache-2.0
// Steps 3 and 4: the client and the profile that the ID headers name, or the collection's
// anonymous one where both are absent. All refusals are one 403 (semantics §7).
#pragma once

#include "filters/filter.h"

namespace zerq::filters {

FilterResult find_client(const FilterRequest& request);
FilterResult find_profile(const FilterRequest& request);

}  // namespace zerq::filters
