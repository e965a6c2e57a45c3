// SPDX-License-Identifier: Apache-2.0
// The filters of a request in their order (product §5, steps 3–11). The list itself, with the
// reason for each place, is in pipeline.cc. None of them waits.
#pragma once

#include "filters/filter.h"

namespace zerq::filters {

// Runs the filters until one replies. request.admission holds what they learnt, also then.
FilterResult run_pipeline(const FilterRequest& request);

}  // namespace zerq::filters
