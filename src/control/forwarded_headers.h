// SPDX-License-Identifier: Apache-2.0
// Configured headers: which ones may be set, upstream and on answers (semantics §5): no framing,
// hop-by-hop, Host or gateway header, no CR, LF or NUL in a value. Pure but for {env}.
#pragma once

#include <string_view>
#include <vector>

#include "control/gateway_config.h"
#include "proxy/snapshot.h"

namespace zerq::control {

bool is_header_name(std::string_view name);

// A later header of the same name replaces the earlier one.
void add_upstream_headers(const std::vector<HeaderField>& fields,
                          std::vector<proxy::ConfiguredHeader>& to, config::Diagnostics& problems);
void add_response_headers(const ResponseHeadersField& field,
                          std::vector<proxy::ConfiguredHeader>& set,
                          std::vector<std::string>& remove, config::Diagnostics& problems);

}  // namespace zerq::control
