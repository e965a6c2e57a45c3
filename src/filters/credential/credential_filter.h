// SPDX-License-Identifier: Apache-2.0
// Step 8: the credential that the profile's auth type asks for. Every refusal is one 401; the
// exact reason is only in the record (semantics §7).
#pragma once

#include "filters/filter.h"

namespace zerq::filters {

FilterResult check_credential(const FilterRequest& request);

}  // namespace zerq::filters
