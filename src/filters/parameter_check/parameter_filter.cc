// SPDX-License-Identifier: Apache-2.0
#include "filters/parameter_check/parameter_filter.h"

#include "filters/route_rules.h"

namespace zerq::filters {

FilterResult check_parameters(const FilterRequest& request) {
  const ParameterSet& parameters = request.rules.parameters;
  if (parameters.is_empty()) {
    return FilterResult::go_on();
  }
  const std::string_view query = request.head.query;
  request.admission.violations = parameters.find_violations(
      {.path = request.path_params, .query = query, .headers = request.head.headers},
      request.arena);
  if (!request.admission.violations.empty()) {
    return {http::ReplyCode::kValidationFailed, "parameters"};
  }
  request.admission.query_defaults = parameters.missing_defaults(query, request.arena);
  return FilterResult::go_on();
}

}  // namespace zerq::filters
