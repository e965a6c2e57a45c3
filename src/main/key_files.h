// SPDX-License-Identifier: Apache-2.0
// Secrets of a node in its data directory: made at the first start (0600, synced before the first
// listener opens), read ever after. A file that is there and malformed is never replaced.
#pragma once

#include <string>

#include "io/blocking_pool.h"
#include "store/data_directory.h"
#include "store/start_problem.h"

namespace zerq {

struct NodeSecrets {
  std::string token_key;    // 32 bytes: of the keyed hash of opaque tokens.
  std::string admin_token;  // The bootstrap token.
  bool is_admin_token_new = false;
};

// `given_admin_token`: ZERQ_ADMIN_TOKEN; empty: the file's.
store::StartResult<NodeSecrets> open_node_secrets(io::Blocking token,
                                                  const store::DataDirectory& directory,
                                                  const std::string& given_admin_token);

}  // namespace zerq
