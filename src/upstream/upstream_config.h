// SPDX-License-Identifier: Apache-2.0
// What can be configured about an upstream, with its defaults (semantics §6).
#pragma once

#include <compare>
#include <cstdint>

#include "base/clock.h"

namespace zerq::upstream {

struct UpstreamTimeouts {
  Duration connect = std::chrono::milliseconds(5000);   // An attempt: DNS and TCP.
  Duration request = std::chrono::milliseconds(60000);  // First byte forwarded → response head.
  Duration idle = std::chrono::milliseconds(60000);     // Longest silence while bodies flow.
};

struct ConnectionLimits {
  uint32_t connections_max = 1024;  // A target and node.
  uint32_t queue_max = 256;         // Waiting requests a target and shard.
  Duration queue_wait = std::chrono::milliseconds(1000);
  // Shorter than the keep-alive of common servers (60–75 s), so that we close first.
  Duration keep_alive = std::chrono::seconds(55);

  friend auto operator<=>(const ConnectionLimits&, const ConnectionLimits&) = default;
};

}  // namespace zerq::upstream
