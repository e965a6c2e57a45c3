// SPDX-License-Identifier: Apache-2.0
// The structured log: one JSON object a line on stderr, for what happens to the process (start,
// listeners, reloads, drain). Requests are in the audit records, not here, so shards never log and
// a slow terminal cannot hold one. Any thread but a shard's; a line is one write(2).
#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>

namespace zerq::telemetry {

enum class LogLevel { kInfo, kWarning, kError };

using LogField = std::pair<std::string_view, std::string_view>;

void log_event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

}  // namespace zerq::telemetry
