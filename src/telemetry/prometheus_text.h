// SPDX-License-Identifier: Apache-2.0
// Builds a page of metrics in Prometheus' text format 0.0.4. Names, kinds and help are literals of
// ours; label values are escaped. Any thread that may allocate; never a shard.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "telemetry/shard_histogram.h"

namespace zerq::telemetry {

enum class MetricKind : uint8_t { kCounter, kGauge, kHistogram };

class PrometheusText {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // Before the samples of a name, once.
  void describe(std::string_view name, MetricKind kind, std::string_view help);
  void sample(std::string_view name, Labels labels, uint64_t value);
  // Described, and one sample without labels.
  void single(std::string_view name, MetricKind kind, std::string_view help, uint64_t value);
  // In seconds, as the name should say.
  void histogram(std::string_view name, std::string_view help, const HistogramTotals& totals);

  std::string take() { return std::move(page_); }

 private:
  std::string page_;
};

}  // namespace zerq::telemetry
