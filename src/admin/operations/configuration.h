// SPDX-License-Identifier: Apache-2.0
// The configuration as a whole (product §9): apply and export, revisions and rollback, keys,
// status. On the blocking pool.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "admin/admin_request.h"
#include "admin/configuration_parts.h"

namespace zerq::admin {

// None: no path of these.
std::optional<AdminReply> call_configuration(io::Blocking, const ConfigurationParts& parts,
                                             const AdminRequest& request,
                                             const std::vector<std::string>& path);

}  // namespace zerq::admin
