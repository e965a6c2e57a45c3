// SPDX-License-Identifier: Apache-2.0
#include "filters/ip_filter/ip_filter.h"

#include "filters/caller_table.h"

namespace zerq::filters {

FilterResult check_client_address(const FilterRequest& request) {
  const CidrSet& allowed = request.admission.profile->allowed_ips;
  return allowed.is_empty() || allowed.contains(request.client_ip)
             ? FilterResult::go_on()
             : FilterResult{http::ReplyCode::kAccessDenied, "ip_not_allowed"};
}

}  // namespace zerq::filters
