// SPDX-License-Identifier: Apache-2.0
#include "filters/collection_access/collection_access_filter.h"

#include <algorithm>

#include "filters/caller_table.h"
#include "filters/route_rules.h"

namespace zerq::filters {

FilterResult check_collection(const FilterRequest& request) {
  return std::ranges::binary_search(request.admission.client->collections,
                                    request.rules.collection_id)
             ? FilterResult::go_on()
             : FilterResult{http::ReplyCode::kAccessDenied, "collection_not_allowed"};
}

}  // namespace zerq::filters
