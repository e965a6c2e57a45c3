// SPDX-License-Identifier: Apache-2.0
#include "filters/pipeline.h"

#include <array>

#include "filters/client_identity/client_identity_filter.h"
#include "filters/collection_access/collection_access_filter.h"
#include "filters/credential/credential_filter.h"
#include "filters/ip_filter/ip_filter.h"
#include "filters/limit/limit_filter.h"
#include "filters/method_filter/method_filter.h"
#include "filters/parameter_check/parameter_filter.h"
#include "filters/route_rules.h"
#include "filters/scope_check/scope_check_filter.h"

namespace zerq::filters {
namespace {

using Filter = FilterResult (*)(const FilterRequest&);

// Semantics §3: what needs a secret that is not there is refused, never sent without it.
FilterResult check_route_secrets(const FilterRequest& request) {
  return request.rules.lacks_secret
             ? FilterResult{http::ReplyCode::kSecretUnavailable, "secret_unavailable"}
             : FilterResult::go_on();
}

// The order is the contract of product §5; the first reply ends it. What costs nothing comes before
// what costs a signature, and a stranger learns as little as possible from where it stopped.
constexpr std::array<Filter, 10> kPipeline = {
    find_client,  // 3. Who it says it is: everything below is about this client.
    find_profile,  // 4. Which of the client's profiles says how it is checked.
    check_client_address,  // 5. Before any cryptography: strangers cannot make us work.
    check_method,  // 6. Still before it: the profile says what it may do at all.
    check_collection,  // 7. Before a credential that is good elsewhere is even looked at.
    check_credential,  // 8. The expensive proof, once all that is cheap agrees.
    check_scopes,  // 9. Needs what the credential says.
    check_route_secrets,  // Only callers of the route learn of it, and it uses up nothing of them.
    apply_limits,  // 10. Only what the caller may ask for is counted.
    check_parameters,  // 11. Behind the limits: a caller cannot probe for mistakes without end.
};

}  // namespace

FilterResult run_pipeline(const FilterRequest& request) {
  for (const Filter filter : kPipeline) {
    const FilterResult result = filter(request);
    if (result.is_reply()) {
      return result;
    }
  }
  return FilterResult::go_on();
}

}  // namespace zerq::filters
