// SPDX-License-Identifier: Apache-2.0
// GET /api/v1/<kind>: a page of objects (semantics §10): equality on scalar fields, name_prefix,
// sort, limit and a keyset cursor, which stays stable while objects come and go.
#pragma once

#include "admin/admin_request.h"
#include "control/object_kind.h"

namespace zerq::control {
struct ConfigState;
}

namespace zerq::admin {

AdminReply list_objects(const control::ConfigState& state, const control::KindFacts& kind,
                        const AdminRequest& request);

}  // namespace zerq::admin
