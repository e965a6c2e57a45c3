// SPDX-License-Identifier: Apache-2.0
#include "filters/scope_check/scope_check_filter.h"

#include "auth/scope_set.h"
#include "filters/route_rules.h"

namespace zerq::filters {

FilterResult check_scopes(const FilterRequest& request) {
  const RouteRules& rules = request.rules;
  if (rules.required_scopes.empty()) {
    return FilterResult::go_on();
  }
  Admission& admission = request.admission;
  admission.scopes_checked = true;
  admission.scopes_required = rules.required_scopes;
  const bool is_enough =
      rules.needs_any_scope ? auth::has_any_scope(admission.scopes_granted, rules.required_scopes)
                            : auth::has_all_scopes(admission.scopes_granted, rules.required_scopes);
  return is_enough ? FilterResult::go_on()
                   : FilterResult{http::ReplyCode::kInsufficientScope, "missing_scope"};
}

}  // namespace zerq::filters
