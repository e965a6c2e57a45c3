// SPDX-License-Identifier: Apache-2.0
// GET /api/v1/audit/requests and /audit/admin: a page of records (semantics §9). Runs the query on
// the blocking pool; the admin thread only waits for it.
#pragma once

#include "admin/admin_request.h"
#include "audit/audit.h"
#include "base/task.h"
#include "io/blocking_pool.h"
#include "io/event_loop.h"

namespace zerq::admin {

Task<AdminReply> list_audit_records(audit::Audit& audit, io::BlockingPool& blocking,
                                    io::EventLoop& loop, const AdminRequest& request,
                                    audit::Stream stream);

}  // namespace zerq::admin
