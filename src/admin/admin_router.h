// SPDX-License-Identifier: Apache-2.0
// AdminRouter: who may call what on the admin listener (product §9, semantics §10, §11), and which
// operation answers it. Every management call but health and metrics becomes one admin record.
// Admin thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "admin/admin_request.h"
#include "admin/configuration_parts.h"
#include "audit/audit.h"
#include "base/task.h"
#include "crypto/digest.h"
#include "io/blocking_pool.h"
#include "io/event_loop.h"
#include "telemetry/readiness.h"

namespace zerq::admin {

class AdminRouter {
 public:
  struct Parts {
    io::EventLoop& loop;
    io::BlockingPool& blocking;
    audit::Audit& audit;
    ConfigurationParts configuration;
    const telemetry::Readiness& readiness;
    // SHA-256 of the bootstrap token; the token itself is not kept.
    crypto::Digest256 token_hash;
    std::vector<std::string> hosts;  // Beside loopback names.
    bool metrics_are_open;           // The admin listener is loopback only.
    std::function<std::string()> metrics_page;
  };
  explicit AdminRouter(Parts parts);

  Task<AdminReply> call(AdminRequest request);

 private:
  Task<AdminReply> route(const AdminRequest& request);
  Task<AdminReply> call_api(const AdminRequest& request);
  Task<AdminReply> reset_token(const AdminRequest& request);
  bool is_authorised(const AdminRequest& request) const;
  bool is_known_host(std::string_view host) const;
  AdminReply health(const AdminRequest& request) const;

  Parts parts_;
};

}  // namespace zerq::admin
