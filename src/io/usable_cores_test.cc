// SPDX-License-Identifier: Apache-2.0
#include "io/usable_cores.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace zerq::io {
namespace {

TEST(UsableCores, AQuotaIsRoundedUp) {
  EXPECT_EQ(1U, parse_cpu_max("50000 100000"));
  EXPECT_EQ(1U, parse_cpu_max("100000 100000\n"));
  EXPECT_EQ(2U, parse_cpu_max("100001 100000"));
  EXPECT_EQ(4U, parse_cpu_max("400000 100000"));
}

TEST(UsableCores, NoQuotaIsNoLimit) {
  for (const char* text : {"max 100000", "", "max", "100000", "100000 0", "-1 100000", "x y"}) {
    EXPECT_FALSE(parse_cpu_max(text).has_value()) << text;
  }
}

TEST(UsableCores, TheTightestGroupAboveCounts) {
  std::string name = (std::filesystem::temp_directory_path() / "zerq_cgroup_XXXXXX").string();
  ASSERT_NE(nullptr, ::mkdtemp(name.data()));
  const std::filesystem::path root = name;
  std::filesystem::create_directories(root / "a/b");
  EXPECT_FALSE(cgroup_cores(root, "/a/b").has_value());
  std::ofstream(root / "a/cpu.max") << "300000 100000\n";
  std::ofstream(root / "a/b/cpu.max") << "max 100000\n";
  EXPECT_EQ(3U, cgroup_cores(root, "/a/b"));
  std::ofstream(root / "cpu.max") << "200000 100000\n";
  EXPECT_EQ(2U, cgroup_cores(root, "/a/b"));
  EXPECT_EQ(2U, cgroup_cores(root, "/"));
  EXPECT_EQ(2U, cgroup_cores(root, ""));
  std::filesystem::remove_all(root);
}

TEST(UsableCores, ThereIsAlwaysOne) { EXPECT_GE(usable_cores(), 1U); }

}  // namespace
}  // namespace zerq::io
