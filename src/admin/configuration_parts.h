// SPDX-License-Identifier: Apache-2.0
// What the operations on configuration work with; main wires it.
#pragma once

#include <functional>

#include "base/result.h"
#include "crypto/sealing_key.h"
#include "io/blocking_pool.h"
#include "text/json.h"

namespace zerq::control {
class LiveConfig;
}

namespace zerq::admin {

struct ConfigurationParts {
  control::LiveConfig& config;
  // A new key, first in the node's key file. Empty: keys come from outside.
  std::function<Result<crypto::SealingKey>(io::Blocking)> make_key;
  // A new bootstrap token, in its file. Empty: it comes from outside.
  std::function<Result<std::string>(io::Blocking)> make_admin_token;
  // What the node adds to its status: {"version", "node", "ready", …}.
  std::function<text::json::object()> node_status;
};

}  // namespace zerq::admin
