// SPDX-License-Identifier: Apache-2.0
#include "filters/method_filter/method_filter.h"

#include "filters/caller_table.h"
#include "filters/route_rules.h"

namespace zerq::filters {

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
  http::MethodSet served = request.rules.methods;
  if (served.has(http::Method::kGet)) {
    served.add(http::Method::kHead);
  }
  for (int i = 0; i < http::kMethodCount; ++i) {
    const auto method = static_cast<http::Method>(i);
    if (allowed.has(method) && served.has(method)) {
      request.admission.allow.add(method);
    }
  }
  return {http::ReplyCode::kMethodNotAllowed, "method_not_in_profile"};
}

}  // namespace zerq::filters
