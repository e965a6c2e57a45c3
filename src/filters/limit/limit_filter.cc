// SPDX-License-Identifier: Apache-2.0
#include "filters/limit/limit_filter.h"

#include "filters/caller_cache.h"
#include "filters/caller_table.h"
#include "filters/route_rules.h"

namespace zerq::filters {
namespace {

using limits::LimitPer;
using limits::PolicyDecision;

// None where the client is counted as a whole.
ObjectId counted_part(const FilterRequest& request, LimitPer per) {
  switch (per) {
    case LimitPer::kClient: break;
    case LimitPer::kProfile: return request.admission.profile->id;
    case LimitPer::kCollection: return request.rules.collection_id;
    case LimitPer::kProxy: return request.rules.proxy_id;
  }
  return {};
}

PolicyDecision decide(const FilterRequest& request, const Policy& policy) {
  Admission& admission = request.admission;
  const limits::PolicyLimits& limits = policy.limits;
  limits::LimitTable& table = request.cache.windows();
  const limits::LimitPin& pinned =
      limits.per == LimitPer::kProfile ? admission.profile->limit : admission.client->limit;
  if (pinned.is_set()) {
    return table.admit(pinned, limits, request.clock, admission.lease);
  }
  return table.admit(limit_key(policy, admission.client->id, counted_part(request, limits.per)),
                     limits, request.clock, admission.lease);
}

// What the record says of it: the limit that refused, else the tightest of those with a window.
void note(const PolicyDecision& decision, Admission& admission) {
  admission.limit_checked = true;
  if (!decision.has_headers() ||
      (decision.lacks_slot && !decision.rate_refuses() && !decision.quota_refuses())) {
    admission.limit_used = decision.in_flight;
    admission.limit_max = *decision.concurrency;
    return;
  }
  const limits::LimitDecision& said = decision.rate_refuses()    ? *decision.rate
                                      : decision.quota_refuses() ? *decision.quota
                                                                 : decision.tightest();
  admission.limit_used = said.used;
  admission.limit_max = said.limit;
}

}  // namespace

FilterResult apply_limits(const FilterRequest& request) {
  Admission& admission = request.admission;
  const Policy* const policy = admission.client->policy;
  if (policy == nullptr) {
    return FilterResult::go_on();
  }
  admission.policy_id = policy->id;
  const PolicyDecision decision = decide(request, *policy);
  if (decision.is_unavailable) {
    return {http::ReplyCode::kLimiterUnavailable, "limits_memory_full"};
  }
  note(decision, admission);
  if (decision.has_headers()) {
    admission.limit = request.arena.make<PolicyDecision>(decision);
  }
  if (decision.rate_refuses()) {
    return {http::ReplyCode::kRateLimitExceeded, "rate_limit"};
  }
  if (decision.quota_refuses()) {
    return {http::ReplyCode::kQuotaExceeded, "quota"};
  }
  if (decision.lacks_slot) {
    return {http::ReplyCode::kConcurrencyExceeded, "concurrency"};
  }
  if (decision.quota.has_value()) {
    admission.quota = {.is_counted = true,
                       .per = policy->limits.per,
                       .interval = policy->limits.quota->interval,
                       .first_day = decision.quota_day,
                       .part = counted_part(request, policy->limits.per)};
  }
  return FilterResult::go_on();
}

}  // namespace zerq::filters
