// SPDX-License-Identifier: Apache-2.0
#include "upstream/target.h"

#include <gtest/gtest.h>

namespace zerq::upstream {
namespace {

TEST(TargetRegistry, TheSameKeyIsTheSameTarget) {
  TargetRegistry registry;
  const Target& one = registry.find_or_add({.host = "api.internal", .port = 8080});
  const Target& two = registry.find_or_add({.host = "api.internal", .port = 8081});
  const Target& sni =
      registry.find_or_add({.host = "api.internal", .port = 8080, .server_name = "other"});
  EXPECT_EQ(&one, &registry.find_or_add({.host = "api.internal", .port = 8080}));
  EXPECT_NE(&one, &two);
  EXPECT_NE(&one, &sni);
  EXPECT_EQ(0U, one.index());
  EXPECT_EQ(1U, two.index());
  EXPECT_EQ(2U, sni.index());
}

TEST(Target, TextsAndNumericAddress) {
  TargetRegistry registry;
  const Target& name = registry.find_or_add({.host = "api.internal"});
  EXPECT_EQ("api.internal:80", name.address_text());
  EXPECT_EQ("api.internal", name.host_text());
  EXPECT_FALSE(name.numeric().has_value());

  const Target& four = registry.find_or_add({.host = "10.0.0.1", .port = 9000});
  EXPECT_EQ("10.0.0.1:9000", four.address_text());
  EXPECT_EQ("10.0.0.1:9000", four.host_text());
  EXPECT_EQ("10.0.0.1:9000", four.numeric()->to_text());

  const Target& six = registry.find_or_add({.host = "::1"});
  EXPECT_EQ("[::1]:80", six.address_text());
  EXPECT_EQ("[::1]", six.host_text());
}

}  // namespace
}  // namespace zerq::upstream
