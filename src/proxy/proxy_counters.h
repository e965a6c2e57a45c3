// SPDX-License-Identifier: Apache-2.0
// What one shard counts for /metrics: plain on the shard, read relaxed by whoever scrapes, so that
// a scrape never disturbs a request (architecture §1).
#pragma once

#include <array>
#include <cstdint>

#include "telemetry/shard_counter.h"

namespace zerq::proxy {

struct ProxyCounters {
  telemetry::ShardCounter connections_accepted;
  telemetry::ShardCounter connections_closed;
  // By first digit of the status; [0]: no answer (the caller left, or 499).
  std::array<telemetry::ShardCounter, 6> answers;

  void count_answer(uint16_t status) {
    const unsigned digit = status / 100;
    answers[status == 499 || digit > 5 ? 0 : digit].add(1);
  }
};

}  // namespace zerq::proxy
