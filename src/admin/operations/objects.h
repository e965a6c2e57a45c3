// SPDX-License-Identifier: Apache-2.0
// The objects of the configuration (product §9, semantics §3): list, read, create, replace, patch,
// delete, duplicate, status, rotate, and the one settings object. Protocol-free but for what
// AdminRequest carries. On the blocking pool.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "admin/admin_request.h"
#include "io/blocking_pool.h"

namespace zerq::control {
class LiveConfig;
}

namespace zerq::admin {

// `path` without /api/v1/, split at its slashes. None: no path of an object.
std::optional<AdminReply> call_objects(io::Blocking, control::LiveConfig& config,
                                       const AdminRequest& request,
                                       const std::vector<std::string>& path);

}  // namespace zerq::admin
