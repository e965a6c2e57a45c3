// SPDX-License-Identifier: Apache-2.0
#include "main/healthcheck.h"

#include <cstdio>

#include "main/admin_call.h"

namespace zerq {

int run_healthcheck(const HealthcheckOptions& options) {
  const Result<AdminAnswer> answer =
      call_admin({.address = options.url, .token = ""}, {.path_and_query = "/readyz", .body = ""});
  if (!answer.has_value()) {
    std::fprintf(stderr, "zerq-gateway: %s: no answer\n", options.url.c_str());
    return 1;
  }
  std::puts(answer->body.c_str());
  return answer->status == 200 ? 0 : 1;
}

}  // namespace zerq
