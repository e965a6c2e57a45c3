// SPDX-License-Identifier: Apache-2.0
// CallerCache: what the filters of one shard keep between requests (rung: Shard; one thread): the
// credentials that were verified before, and the way to the counts of limits.
#pragma once

#include "auth/credential_checker.h"
#include "limits/limit_table.h"

namespace zerq::filters {

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

}  // namespace zerq::filters
