// SPDX-License-Identifier: Apache-2.0
// A filter looks at a request before it is forwarded and has exactly two outcomes: continue, or
// reply. Filters that never wait are plain functions (architecture §1). The order of all filters,
// and why each stands where it stands, is in filters/pipeline.cc.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "base/clock.h"
#include "base/ip_address.h"
#include "base/object_id.h"
#include "http/message_head.h"
#include "http/reply_code.h"
#include "limits/concurrency_lease.h"
#include "limits/policy_config.h"

namespace zerq::auth {
struct TokenMemo;
}
namespace zerq::limits {
struct PolicyDecision;
}

namespace zerq::filters {

struct Client;   // filters/caller_table.h
struct Profile;
class CallerTable;
class CallerCache;  // filters/caller_cache.h

// What a route asks of its callers; compiled by control, immutable.
struct RouteRules;  // filters/route_rules.h
struct Violation;   // filters/parameter_set.h

// What the request took from a quota; for the journal, which counts it over a crash.
struct QuotaAdmission {
  bool is_counted = false;
  limits::LimitPer per = limits::LimitPer::kClient;
  limits::QuotaInterval interval = limits::QuotaInterval::kDay;
  int32_t first_day = 0;
  ObjectId part;  // As in limits::LimitKey.
};

// Everything the filters learn about the caller; the record and the forwarder read it afterwards.
struct Admission {
  const Client* client = nullptr;
  const Profile* profile = nullptr;
  bool is_anonymous = false;
  http::MethodSet allow;                 // What a 405 of the profile offers.
  bool consumed_authorization = false;   // The credential header is not forwarded.
  bool consumed_token_header = false;
  std::string_view auth_type;            // As in audit::Record.
  std::string_view auth_subject;
  std::string_view auth_key_id;
  std::string_view auth_result;
  std::string_view scopes_required;      // Space-separated.
  std::string_view scopes_granted;
  bool scopes_checked = false;
  ObjectId policy_id;
  uint64_t limit_used = 0;
  uint64_t limit_max = 0;
  bool limit_checked = false;
  bool limit_degraded = false;
  const limits::PolicyDecision* limit = nullptr;  // In the arena; for RateLimit-* headers.
  QuotaAdmission quota;
  std::span<const Violation> violations;  // Why step 11 refused it.
  std::string_view query_defaults;        // Behind the caller's query on its way upstream.
  limits::ConcurrencyLease lease;  // Held until the record of the request is written.
};

// One request on its way through the filters. Views and references outlive the pipeline run.
struct FilterRequest {
  const http::RequestHead& head;
  Arena& arena;
  const RouteRules& rules;
  std::span<const std::string_view> path_params;  // In the order of the route's pattern.
  const CallerTable& callers;
  CallerCache& cache;
  auth::TokenMemo& token_memo;  // Of the connection.
  const Clock& clock;           // Limits read it inside their decision.
  IpAddress client_ip;
  Instant now;
  WallTime wall_now;
  Admission& admission;
};

struct FilterResult {
  http::ReplyCode reply = http::ReplyCode::kNone;  // kNone: continue.
  std::string_view reason;                         // Static text; only ever in the record.

  bool is_reply() const { return reply != http::ReplyCode::kNone; }
  static FilterResult go_on() { return {}; }
};

}  // namespace zerq::filters
