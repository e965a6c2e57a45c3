// SPDX-License-Identifier: Apache-2.0
// Rollback (semantics §3): a new revision with old content, which never revives a credential.
// Secrets, token hashes, `active` and `expires_at` keep today's values; what was deleted since
// comes back as a draft, or inactive. The caller holds the write lock.
#pragma once

#include <vector>

#include "control/live_config.h"

namespace zerq::control {

Result<std::vector<ObjectEdit>> plan_rollback(io::Blocking, LiveConfig& config, uint64_t revision);

}  // namespace zerq::control
