// SPDX-License-Identifier: Apache-2.0
// What a route asks of its callers; compiled by control, immutable, part of a snapshot.
#pragma once

#include <string>

#include "base/object_id.h"
#include "filters/parameter_set.h"
#include "http/http_method.h"

namespace zerq::filters {

struct Profile;

struct RouteRules {
  ObjectId collection_id;
  ObjectId proxy_id;
  http::MethodSet methods;         // Of the proxy; GET serves HEAD.
  std::string required_scopes;     // Canonical (auth/scope_set.h); empty: none.
  bool needs_any_scope = false;    // required_scopes_mode: any.
  const Profile* anonymous_profile = nullptr;
  std::string token_header;        // Where opaque tokens are looked for first; empty: nowhere.
  ParameterSet parameters;
  bool forward_credentials = false;
  bool lacks_secret = false;  // A header's value cannot be read: the route cannot be served.
};

}  // namespace zerq::filters
