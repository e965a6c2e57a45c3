// SPDX-License-Identifier: Apache-2.0
#include "main/metrics_page.h"

#include <fmt/format.h>

#include <iterator>

namespace zerq {
namespace {

constexpr std::array<std::string_view, 6> kClasses = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

void describe(std::string& page, std::string_view name, std::string_view kind,
              std::string_view help) {
  fmt::format_to(std::back_inserter(page), "# HELP {0} {2}\n# TYPE {0} {1}\n", name, kind, help);
}

void single(std::string& page, std::string_view name, std::string_view kind, std::string_view help,
            uint64_t value) {
  describe(page, name, kind, help);
  fmt::format_to(std::back_inserter(page), "{} {}\n", name, value);
}

}  // namespace

std::string metrics_page(const MetricsSources& sources) {
  std::string page;
  describe(page, "zerq_responses_total", "counter", "Answers by class; none: the caller left.");
  for (size_t i = 0; i < kClasses.size(); ++i) {
    uint64_t count = 0;
    for (proxy::DataShard* shard : sources.shards) {
      count += shard->counters().answers[i].value();
    }
    fmt::format_to(std::back_inserter(page), "zerq_responses_total{{class=\"{}\"}} {}\n",
                   kClasses[i], count);
  }
  uint64_t accepted = 0;
  uint64_t closed = 0;
  for (proxy::DataShard* shard : sources.shards) {
    accepted += shard->counters().connections_accepted.value();
    closed += shard->counters().connections_closed.value();
  }
  single(page, "zerq_connections_accepted_total", "counter", "Client connections.", accepted);
  single(page, "zerq_connections_open", "gauge", "Client connections open now.",
         accepted > closed ? accepted - closed : 0);
  single(page, "zerq_config_revision", "gauge", "The revision that is live.", sources.revision);
  const audit::AuditCounters audit = sources.audit.counters();
  single(page, "zerq_audit_records_sealed_total", "counter", "Records in sealed blocks.",
         audit.records_sealed);
  single(page, "zerq_audit_commits_failed_total", "counter", "Commits that failed.",
         audit.commits_failed);
  single(page, "zerq_audit_gaps_total", "counter", "Gap records.", audit.gaps);
  single(page, "zerq_audit_journal_bytes", "gauge", "Journal bytes not sealed yet.",
         audit.journal_bytes);
  return page;
}

}  // namespace zerq
