// SPDX-License-Identifier: Apache-2.0
#include "telemetry/prometheus_text.h"

#include <gtest/gtest.h>

namespace zerq::telemetry {
namespace {

TEST(PrometheusText, ASampleStandsBehindItsDescription) {
  PrometheusText page;
  page.describe("zerq_responses_total", MetricKind::kCounter, "Answers by class.");
  page.sample("zerq_responses_total", {{"class", "2xx"}, {"shard", "0"}}, 5);
  page.single("zerq_open", MetricKind::kGauge, "Open now.", 2);
  EXPECT_EQ(page.take(),
            "# HELP zerq_responses_total Answers by class.\n"
            "# TYPE zerq_responses_total counter\n"
            "zerq_responses_total{class=\"2xx\",shard=\"0\"} 5\n"
            "# HELP zerq_open Open now.\n"
            "# TYPE zerq_open gauge\n"
            "zerq_open 2\n");
}

TEST(PrometheusText, LabelValuesAreEscaped) {
  PrometheusText page;
  page.sample("m", {{"l", "a\"b\\c\nd"}}, 1);
  EXPECT_EQ(page.take(), "m{l=\"a\\\"b\\\\c\\nd\"} 1\n");
}

TEST(PrometheusText, HistogramBucketsAreCumulativeAndInSeconds) {
  HistogramTotals totals;
  totals.counts[0] = 2;
  totals.counts[20] = 1;
  totals.sum_us = 1'500'000;
  PrometheusText page;
  page.histogram("zerq_request_seconds", "Time.", totals);
  const std::string text = page.take();
  EXPECT_NE(text.find("_bucket{le=\"1e-06\"} 2\n"), std::string::npos) << text;
  EXPECT_NE(text.find("_bucket{le=\"1.048576\"} 3\n"), std::string::npos) << text;
  EXPECT_NE(text.find("_bucket{le=\"+Inf\"} 3\n"), std::string::npos) << text;
  EXPECT_NE(text.find("zerq_request_seconds_sum 1.5\nzerq_request_seconds_count 3\n"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace zerq::telemetry
