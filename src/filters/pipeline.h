// SPDX-License-Identifier: Apache-2.0
// The filters of a request in their order (product §5, steps 3–10). The list itself, with the
// reason for each place, is in pipeline.cc. None of them waits.
#pragma once

#include "auth/credential_checker.h"
#include "filters/filter.h"
#include "limits/limit_table.h"

namespace zerq::filters {

// What the filters of one shard keep between requests (rung: Shard; one thread).
class CallerCache {
 public:
  CallerCache(Bytes opaque_token_key, limits::LimitTable& windows)
      : checker_(opaque_token_key), windows_(windows) {}

  auth::CredentialChecker& checker() { return checker_; }
  limits::LimitTable& windows() { return windows_; }

 private:
  auth::CredentialChecker checker_;
  limits::LimitTable& windows_;
};

// Runs the filters until one replies. request.admission holds what they learnt, also then.
FilterResult run_pipeline(const FilterRequest& request);

}  // namespace zerq::filters
