// SPDX-License-Identifier: Apache-2.0
// The URL of a target: http://HOST[:PORT][/PATH], without query and user info (semantics §4). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/field_list.h"

namespace zerq::control {

struct TargetUrl {
  std::string host;  // Lower case, without brackets.
  uint16_t port = 80;
  std::string path;  // "" or "/v1".
};

// A host name or an IP address, without a port; IPv6 with or without brackets. As in TargetUrl.
std::optional<std::string> parse_host(std::string_view text);

std::optional<TargetUrl> parse_target_url(const config::Placed<std::string>& url,
                                          config::Diagnostics& problems);

}  // namespace zerq::control
