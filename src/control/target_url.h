// SPDX-License-Identifier: Apache-2.0
// The URL of a target: http://HOST[:PORT][/PATH], without query and user info (semantics §4). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "config/field_list.h"

namespace zerq::control {

struct TargetUrl {
  std::string host;  // Lower case, without brackets.
  uint16_t port = 80;
  std::string path;  // "" or "/v1".
};

std::optional<TargetUrl> parse_target_url(const config::Placed<std::string>& url,
                                          config::Diagnostics& problems);

}  // namespace zerq::control
