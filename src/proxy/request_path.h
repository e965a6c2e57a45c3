// SPDX-License-Identifier: Apache-2.0
// From the target of a request to its route: the canonical path, computed once and read by
// everything after it (semantics §4), the match, and the masked query of the record.
#pragma once

#include "proxy/exchange_state.h"

namespace zerq::proxy {

// Sets state.path; false with state.reply set when the target is refused.
bool canonicalise_target(ExchangeState& state);
// Sets state.collection, then state.route and state.match, or state.is_preflight instead of them;
// false with state.reply set (404, 405).
bool match_route(ExchangeState& state);
// A trusted peer's X-Request-ID is kept if it is 1–128 of [A-Za-z0-9._:/+=-] (semantics §5).
void keep_foreign_request_id(ExchangeState& state);

}  // namespace zerq::proxy
