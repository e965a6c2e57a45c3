// SPDX-License-Identifier: Apache-2.0
// What can be configured about name resolution, with its defaults.
#pragma once

#include <cstdint>
#include <string>

#include "io/name_cache.h"

namespace zerq::io {

struct ResolverConfig {
  NameCacheLimits cache;
  // How long a refresh may take before an old answer serves.
  Duration stale_wait = std::chrono::milliseconds(500);
  Duration query_timeout = std::chrono::milliseconds(1000);  // Of the first try; doubled.
  int tries = 2;
  std::string resolv_conf = "/etc/resolv.conf";
  uint16_t port = 53;
};

}  // namespace zerq::io
