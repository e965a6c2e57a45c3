// SPDX-License-Identifier: Apache-2.0
#include "telemetry/readiness.h"

namespace zerq::telemetry {

std::string_view not_ready_name(NotReady reason) noexcept {
  switch (reason) {
    case NotReady::kNoSnapshot: return "no_snapshot";
    case NotReady::kListenersDown: return "listeners_down";
    case NotReady::kJournalDown: return "journal_down";
    case NotReady::kDraining: return "draining";
    case NotReady::kShardStuck: return "shard_stuck";
    case NotReady::kCount: break;
  }
  return "unknown";
}

void Readiness::set(NotReady reason, bool is_set) noexcept {
  if (is_set) {
    bits_.fetch_or(bit(reason), std::memory_order_relaxed);
  } else {
    bits_.fetch_and(~bit(reason), std::memory_order_relaxed);
  }
}

std::string Readiness::to_json() const {
  std::string json =
      is_ready() ? R"({"status":"ready","reasons":[)" : R"({"status":"not_ready","reasons":[)";
  bool is_first = true;
  for (uint8_t i = 0; i < static_cast<uint8_t>(NotReady::kCount); ++i) {
    const auto reason = static_cast<NotReady>(i);
    if (!has(reason)) {
      continue;
    }
    json += is_first ? "\"" : ",\"";
    json += not_ready_name(reason);
    json += '"';
    is_first = false;
  }
  return json + "]}";
}

}  // namespace zerq::telemetry
