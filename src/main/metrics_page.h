// SPDX-License-Identifier: Apache-2.0
// /metrics in the Prometheus text format: a bounded set of series, read from the shards' counters
// without touching the shards.
#pragma once

#include <span>
#include <string>

#include "audit/audit.h"
#include "proxy/data_shard.h"

namespace zerq {

struct MetricsSources {
  std::span<proxy::DataShard* const> shards;
  const audit::Audit& audit;
  uint64_t revision;
};

std::string metrics_page(const MetricsSources& sources);

}  // namespace zerq
