// SPDX-License-Identifier: Apache-2.0
// Values that a configuration only names: environment variables and files, read at each compilation
// (semantics §3). What was read is remembered by its digest, so that a compiled part can tell
// whether it is still true. Control thread; reading a file blocks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/secret.h"
#include "crypto/digest.h"

namespace zerq::control {

class OutsideValues {
 public:
  // The secret's bytes; none when they are not there. Offline nothing outside is looked at.
  std::optional<std::string> read(const config::Secret& secret, bool is_offline);

  // Whether all of them were there and still say the same.
  bool are_unchanged() const;

 private:
  struct Seen {
    config::Secret secret;
    std::optional<crypto::Digest256> digest;
  };
  std::vector<Seen> seen_;
};

}  // namespace zerq::control
