// SPDX-License-Identifier: Apache-2.0
#include "filters/limit/limit_filter.h"

#include "filters/caller_cache.h"
#include "filters/caller_table.h"
#include "filters/route_rules.h"

namespace zerq::filters {
namespace {

using limits::LimitPer;
using limits::PolicyDecision;

const ObjectId& counted_part(const FilterRequest& request, LimitPer per) {
  return per == LimitPer::kProfile      ? request.admission.profile->id
         : per == LimitPer::kCollection ? request.rules.collection_id
                                        : request.rules.proxy_id;
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

// What the record says of it: the limit that refused, else the rate limit.
void note(const PolicyDecision& decision, Admission& admission) {
  admission.limit_checked = true;
  if (decision.rate.has_value() && (decision.rate_refuses() || !decision.lacks_slot)) {
    admission.limit_used = decision.rate->used;
    admission.limit_max = decision.rate->limit;
  } else {
    admission.limit_used = decision.in_flight;
    admission.limit_max = *decision.concurrency;
  }
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
  if (decision.rate.has_value()) {
    admission.limit = request.arena.make<PolicyDecision>(decision);
  }
  if (decision.rate_refuses()) {
    return {http::ReplyCode::kRateLimitExceeded, "rate_limit"};
  }
  return decision.lacks_slot ? FilterResult{http::ReplyCode::kConcurrencyExceeded, "concurrency"}
                             : FilterResult::go_on();
}

}  // namespace zerq::filters
