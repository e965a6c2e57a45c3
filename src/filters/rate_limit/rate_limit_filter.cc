// SPDX-License-Identifier: Apache-2.0
#include "filters/rate_limit/rate_limit_filter.h"

#include "filters/caller_table.h"
#include "filters/pipeline.h"
#include "filters/route_rules.h"

namespace zerq::filters {
namespace {

limits::ExactWindow& window_of(const FilterRequest& request, const Policy& policy) {
  const Admission& admission = request.admission;
  switch (policy.rate_limit.per) {
    case limits::LimitPer::kClient: return *admission.client->window;
    case limits::LimitPer::kProfile: return *admission.profile->window;
    case limits::LimitPer::kCollection:
      return request.cache.windows().find_or_add(
          {policy.id, admission.client->id, request.rules.collection_id});
    case limits::LimitPer::kProxy: break;
  }
  return request.cache.windows().find_or_add(
      {policy.id, admission.client->id, request.rules.proxy_id});
}

}  // namespace

FilterResult apply_rate_limit(const FilterRequest& request) {
  Admission& admission = request.admission;
  const Policy* policy = admission.client->policy;
  if (policy == nullptr) {
    return FilterResult::go_on();
  }
  const limits::LimitDecision decision =
      window_of(request, *policy).admit(policy->rate_limit, request.clock);
  admission.limit = request.arena.make<limits::LimitDecision>(decision);
  admission.limit_checked = true;
  admission.policy_id = policy->id;
  admission.limit_used = decision.used;
  admission.limit_max = decision.limit;
  return decision.is_admitted
             ? FilterResult::go_on()
             : FilterResult{http::ReplyCode::kRateLimitExceeded, "rate_limit"};
}

}  // namespace zerq::filters
