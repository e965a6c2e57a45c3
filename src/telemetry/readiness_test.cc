// SPDX-License-Identifier: Apache-2.0
#include "telemetry/readiness.h"

#include <gtest/gtest.h>

#include "telemetry/shared_gauge.h"

namespace zerq::telemetry {
namespace {

TEST(Readiness, ANodeIsBornWithoutSnapshotAndListeners) {
  const Readiness readiness;
  EXPECT_FALSE(readiness.is_ready());
  EXPECT_EQ(readiness.to_json(),
            R"({"status":"not_ready","reasons":["no_snapshot","listeners_down"]})");
}

TEST(Readiness, IsReadyExactlyWhenNoReasonIsLeft) {
  Readiness readiness;
  readiness.set(NotReady::kNoSnapshot, false);
  EXPECT_FALSE(readiness.is_ready());
  readiness.set(NotReady::kListenersDown, false);
  EXPECT_TRUE(readiness.is_ready());
  EXPECT_EQ(readiness.to_json(), R"({"status":"ready","reasons":[]})");
  readiness.set(NotReady::kDraining, true);
  EXPECT_FALSE(readiness.is_ready());
}

TEST(SharedGauge, TryAddOneStopsAtTheLimit) {
  SharedGauge gauge;
  EXPECT_TRUE(gauge.try_add_one(2));
  EXPECT_TRUE(gauge.try_add_one(2));
  EXPECT_FALSE(gauge.try_add_one(2));
  gauge.add(-1);
  EXPECT_TRUE(gauge.try_add_one(2));
  EXPECT_EQ(gauge.value(), 2);
}

}  // namespace
}  // namespace zerq::telemetry
