// SPDX-License-Identifier: Apache-2.0
// One parameter of a query, set by the gateway: what others gave it is taken out first, however
// they escaped its name, since the upstream decodes before it compares (semantics §4, Upstream
// URL). Pure.
#pragma once

#include <string_view>

#include "base/arena.h"
#include "proxy/target_template.h"

namespace zerq::proxy {

QueryParameter make_query_parameter(std::string_view name, std::string_view value);

// `target` (path and perhaps a query) with the parameter at its end. All else stays byte for byte.
std::string_view with_parameter(std::string_view target, const QueryParameter& parameter,
                                Arena& arena);

}  // namespace zerq::proxy
