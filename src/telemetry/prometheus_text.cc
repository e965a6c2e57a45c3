// SPDX-License-Identifier: Apache-2.0
#include "telemetry/prometheus_text.h"

#include <fmt/format.h>

#include <iterator>

namespace zerq::telemetry {
namespace {

std::string_view kind_name(MetricKind kind) {
  switch (kind) {
    case MetricKind::kCounter: return "counter";
    case MetricKind::kGauge: return "gauge";
    case MetricKind::kHistogram: return "histogram";
  }
  return "untyped";
}

void append_escaped(std::string& page, std::string_view value) {
  for (const char c : value) {
    if (c == '\n') {
      page += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') {
      page += '\\';
    }
    page += c;
  }
}

}  // namespace

void PrometheusText::describe(std::string_view name, MetricKind kind, std::string_view help) {
  fmt::format_to(std::back_inserter(page_), "# HELP {0} {1}\n# TYPE {0} {2}\n", name, help,
                 kind_name(kind));
}

void PrometheusText::sample(std::string_view name, Labels labels, uint64_t value) {
  page_ += name;
  char before = '{';
  for (const auto& [label, text] : labels) {
    page_ += before;
    page_ += label;
    page_ += "=\"";
    append_escaped(page_, text);
    page_ += '"';
    before = ',';
  }
  page_ += labels.size() == 0 ? "" : "}";
  fmt::format_to(std::back_inserter(page_), " {}\n", value);
}

void PrometheusText::single(std::string_view name, MetricKind kind, std::string_view help,
                            uint64_t value) {
  describe(name, kind, help);
  sample(name, {}, value);
}

void PrometheusText::histogram(std::string_view name, std::string_view help,
                               const HistogramTotals& totals) {
  constexpr double kUsPerS = 1e6;
  describe(name, MetricKind::kHistogram, help);
  uint64_t up_to_here = 0;
  for (size_t i = 0; i + 1 < HistogramTotals::kBuckets; ++i) {
    up_to_here += totals.counts[i];
    fmt::format_to(std::back_inserter(page_), "{}_bucket{{le=\"{}\"}} {}\n", name,
                   static_cast<double>(HistogramTotals::bound_us(i)) / kUsPerS, up_to_here);
  }
  fmt::format_to(std::back_inserter(page_),
                 "{0}_bucket{{le=\"+Inf\"}} {1}\n{0}_sum {2}\n{0}_count {1}\n", name,
                 totals.count(), static_cast<double>(totals.sum_us) / kUsPerS);
}

}  // namespace zerq::telemetry
