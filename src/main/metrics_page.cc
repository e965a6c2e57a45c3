// SPDX-License-Identifier: Apache-2.0
#include "main/metrics_page.h"

#include <array>
#include <string>

#include "telemetry/prometheus_text.h"

namespace zerq {
namespace {

using telemetry::MetricKind;
using telemetry::PrometheusText;

constexpr std::array<std::string_view, 6> kClasses = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

struct ShardCounts {
  uint64_t accepted = 0;
  uint64_t open = 0;
  uint64_t requests = 0;
};

ShardCounts count(const proxy::ProxyCounters& counters) {
  // Closed first: what closes between the two reads would otherwise make the difference negative.
  const uint64_t closed = counters.connections_closed.value();
  const uint64_t accepted = counters.connections_accepted.value();
  ShardCounts counts{.accepted = accepted, .open = accepted > closed ? accepted - closed : 0};
  for (const telemetry::ShardCounter& answers : counters.answers) {
    counts.requests += answers.value();
  }
  return counts;
}

void add_responses(PrometheusText& page, std::span<proxy::DataShard* const> shards) {
  page.describe("zerq_responses_total", MetricKind::kCounter,
                "Answers by class; none: the caller left.");
  for (size_t i = 0; i < kClasses.size(); ++i) {
    uint64_t count = 0;
    for (const proxy::DataShard* shard : shards) {
      count += shard->counters().answers[i].value();
    }
    page.sample("zerq_responses_total", {{"class", kClasses[i]}}, count);
  }
}

void add_by_shard(PrometheusText& page, const std::vector<ShardCounts>& shards,
                  std::string_view name, MetricKind kind, std::string_view help,
                  uint64_t ShardCounts::* member) {
  page.describe(name, kind, help);
  for (size_t i = 0; i < shards.size(); ++i) {
    page.sample(name, {{"shard", std::to_string(i)}}, shards[i].*member);
  }
}

// Sums first, then a series for each shard: how many there are is fixed at start.
void add_connections(PrometheusText& page, std::span<proxy::DataShard* const> data_shards) {
  std::vector<ShardCounts> shards;
  ShardCounts all;
  for (const proxy::DataShard* shard : data_shards) {
    const ShardCounts& one = shards.emplace_back(count(shard->counters()));
    all.accepted += one.accepted;
    all.open += one.open;
  }
  page.single("zerq_connections_accepted_total", MetricKind::kCounter, "Client connections.",
              all.accepted);
  page.single("zerq_connections_open", MetricKind::kGauge, "Client connections open now.",
              all.open);
  add_by_shard(page, shards, "zerq_shard_connections_accepted_total", MetricKind::kCounter,
               "Client connections, by the shard that serves them.", &ShardCounts::accepted);
  add_by_shard(page, shards, "zerq_shard_connections_open", MetricKind::kGauge,
               "Client connections open now, by shard.", &ShardCounts::open);
  add_by_shard(page, shards, "zerq_shard_requests_total", MetricKind::kCounter,
               "Requests that ended, by the shard that served them.", &ShardCounts::requests);
}

void add_audit(PrometheusText& page, const audit::AuditCounters& audit) {
  page.single("zerq_audit_records_sealed_total", MetricKind::kCounter, "Records in sealed blocks.",
              audit.records_sealed);
  page.single("zerq_audit_commits_failed_total", MetricKind::kCounter, "Commits that failed.",
              audit.commits_failed);
  page.single("zerq_audit_gaps_total", MetricKind::kCounter, "Gap records.", audit.gaps);
  page.single("zerq_audit_records_condensed_total", MetricKind::kCounter,
              "Refused requests that are counted in a summary alone.", audit.records_condensed);
  page.single("zerq_audit_journal_bytes", MetricKind::kGauge, "Journal bytes not sealed yet.",
              audit.journal_bytes);
}

}  // namespace

std::string metrics_page(const MetricsSources& sources) {
  PrometheusText page;
  add_responses(page, sources.shards);
  add_connections(page, sources.shards);
  page.single("zerq_config_revision", MetricKind::kGauge, "The revision that is live.",
              sources.revision);
  add_audit(page, sources.audit.counters());
  return page.take();
}

}  // namespace zerq
