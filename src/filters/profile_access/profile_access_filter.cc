// SPDX-License-Identifier: Apache-2.0
#include "filters/profile_access/profile_access_filter.h"

#include <algorithm>

#include "filters/caller_table.h"
#include "filters/route_rules.h"

namespace zerq::filters {

FilterResult check_client_address(const FilterRequest& request) {
  const CidrSet& allowed = request.admission.profile->allowed_ips;
  if (allowed.is_empty() || allowed.contains(request.client_ip)) {
    return FilterResult::go_on();
  }
  return {http::ReplyCode::kAccessDenied, "ip_not_allowed"};
}

FilterResult check_method(const FilterRequest& request) {
  http::MethodSet allowed = request.admission.profile->allowed_methods;
  if (allowed.is_empty()) {
    return FilterResult::go_on();
  }
  if (allowed.has(http::Method::kGet)) {
    allowed.add(http::Method::kHead);  // GET serves HEAD (semantics §4).
  }
  if (allowed.has(request.head.method)) {
    return FilterResult::go_on();
  }
  request.admission.allow = allowed;
  return {http::ReplyCode::kMethodNotAllowed, "method_not_in_profile"};
}

FilterResult check_collection(const FilterRequest& request) {
  if (std::ranges::binary_search(request.admission.client->collections,
                                 request.rules.collection_id)) {
    return FilterResult::go_on();
  }
  return {http::ReplyCode::kAccessDenied, "collection_not_allowed"};
}

}  // namespace zerq::filters
