// SPDX-License-Identifier: Apache-2.0
// Secrets of a node in its data directory: made at the first start (0600, synced before the first
// listener opens), read ever after. A file that is there and malformed is never replaced.
#pragma once

#include <string>
#include <variant>

#include "crypto/sealing_key.h"
#include "io/blocking_pool.h"
#include "store/data_directory.h"
#include "store/start_problem.h"

namespace zerq {

struct NodeSecrets {
  std::string token_key;    // 32 bytes: of the keyed hash of opaque tokens.
  std::string admin_token;  // The bootstrap token.
  crypto::KeyRing sealing_keys;  // Of secrets at rest.
  bool is_token_key_new = false;
  bool is_sealing_key_new = false;
  bool are_sealing_keys_given = false;  // ENCRYPTION_KEY: the file is not read.
  bool is_admin_token_new = false;
};

// What is missing is made up and not written yet. `given_admin_token`: ZERQ_ADMIN_TOKEN; empty: the
// file's.
store::StartResult<NodeSecrets> read_node_secrets(io::Blocking token,
                                                  const store::DataDirectory& directory,
                                                  const std::string& given_admin_token);
// Once everything else in the directory was found sound, and before anything is stored that they
// seal.
store::StartResult<std::monostate> write_new_secrets(io::Blocking token,
                                                     const store::DataDirectory& directory,
                                                     const NodeSecrets& secrets);
// A new bootstrap token in the file, from now on.
Result<std::string> replace_admin_token(io::Blocking token, const std::filesystem::path& directory);

// A key for the ring that is not there yet, first in the key file from now on.
Result<crypto::SealingKey> add_sealing_key(io::Blocking token,
                                           const std::filesystem::path& directory,
                                           const crypto::KeyRing& known);

}  // namespace zerq
