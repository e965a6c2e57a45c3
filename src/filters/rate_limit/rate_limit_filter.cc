// SPDX-License-Identifier: Apache-2.0
#include "filters/rate_limit/rate_limit_filter.h"

#include "filters/caller_cache.h"
#include "filters/caller_table.h"
#include "filters/route_rules.h"

namespace zerq::filters {
namespace {

const ObjectId& counted_part(const FilterRequest& request, limits::LimitPer per) {
  return per == limits::LimitPer::kProfile      ? request.admission.profile->id
         : per == limits::LimitPer::kCollection ? request.rules.collection_id
                                                : request.rules.proxy_id;
}

limits::LimitDecision decide(const FilterRequest& request, const Policy& policy) {
  const Admission& admission = request.admission;
  const limits::RateLimitConfig& limit = policy.rate_limit;
  const limits::WindowPin& pinned = limit.per == limits::LimitPer::kProfile
                                        ? admission.profile->window
                                        : admission.client->window;
  if (pinned.is_set()) {
    return pinned.admit(limit.requests, request.clock);
  }
  return request.cache.windows().admit(
      window_key(policy, admission.client->id, counted_part(request, limit.per)), limit.requests,
      request.clock);
}

}  // namespace

FilterResult apply_rate_limit(const FilterRequest& request) {
  Admission& admission = request.admission;
  const Policy* const policy = admission.client->policy;
  if (policy == nullptr) {
    return FilterResult::go_on();
  }
  admission.policy_id = policy->id;
  const limits::LimitDecision decision = decide(request, *policy);
  if (decision.is_unavailable) {
    return {http::ReplyCode::kLimiterUnavailable, "limits_memory_full"};
  }
  admission.limit = request.arena.make<limits::LimitDecision>(decision);
  admission.limit_checked = true;
  admission.limit_used = decision.used;
  admission.limit_max = decision.limit;
  return decision.is_admitted ? FilterResult::go_on()
                              : FilterResult{http::ReplyCode::kRateLimitExceeded, "rate_limit"};
}

}  // namespace zerq::filters
