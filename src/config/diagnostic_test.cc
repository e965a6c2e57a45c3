// SPDX-License-Identifier: Apache-2.0
#include "config/diagnostic.h"

#include <gtest/gtest.h>

#include "config/nearest_name.h"

namespace zerq::config {
namespace {

TEST(Diagnostic, LineHasOnlyThePartsThatAreThere) {
  const Place place{.file = "dir/f.yaml", .line = 3, .column = 7};
  EXPECT_EQ(to_line({.place = place, .field = "a.b", .found = "x", .allowed = "y", .nearest = "z"}),
            "dir/f.yaml:3:7: a.b: x; y; did you mean \"z\"?");
  EXPECT_EQ(to_line({.place = place, .field = "a", .found = "x", .is_warning = true}),
            "dir/f.yaml:3:7: warning: a: x");
  EXPECT_EQ(to_line({.place = {.file = "f"}, .found = "x", .nearest = "z"}),
            "f: x; did you mean \"z\"?");
}

TEST(Diagnostic, IsOneLineWhateverWasWritten) {
  EXPECT_EQ(to_line({.place = {.file = "f"}, .field = "a\nb", .found = "\x1b[31m\r\x7f é"}),
            "f: a\\x0Ab: \\x1B[31m\\x0D\\x7F é");
}

TEST(Diagnostics, AreSortedByFileAndPosition) {
  Diagnostics problems;
  problems.error({.file = "b", .line = 1, .column = 1}, "", "4");
  problems.warning({.file = "a", .line = 2, .column = 1}, "", "3");
  problems.error({.file = "a", .line = 1, .column = 9}, "", "1");
  problems.error({.file = "a", .line = 1, .column = 9}, "", "2");
  std::string order;
  for (const Diagnostic& problem : problems.sorted()) {
    order += problem.found;
  }
  EXPECT_EQ(order, "1234");
  EXPECT_EQ(problems.error_count(), 3);
}

TEST(Diagnostics, WarningsAreNoErrors) {
  Diagnostics problems;
  problems.warning({.file = "a"}, "", "w");
  EXPECT_FALSE(problems.has_errors());
}

TEST(Diagnostics, KeepsAThousandAndCountsTheRest) {
  Diagnostics problems;
  for (int i = 0; i < 1500; ++i) {
    problems.error({.file = "a", .line = i + 1, .column = 1}, "", "x");
  }
  const std::vector<Diagnostic> sorted = problems.sorted();
  ASSERT_EQ(sorted.size(), 1001);
  EXPECT_EQ(to_line(sorted.back()), "a: 500 more problems");
  EXPECT_EQ(problems.error_count(), 1500);
}

TEST(NearestName, IsWithinAThirdOfItsLetters) {
  const std::vector<std::string> names = {"base_path", "name", "hosts", "id"};
  EXPECT_EQ(nearest_name("base_pth", names), "base_path");
  EXPECT_EQ(nearest_name("basepath", names), "base_path");
  EXPECT_EQ(nearest_name("host", names), "hosts");
  EXPECT_EQ(nearest_name("nmae", names), std::nullopt);
  EXPECT_EQ(nearest_name("ids", names), "id");
  EXPECT_EQ(nearest_name("Hosts", names), "hosts");
  EXPECT_EQ(nearest_name("workflow", names), std::nullopt);
  EXPECT_EQ(nearest_name("", names), std::nullopt);
  EXPECT_EQ(nearest_name("x", {}), std::nullopt);
  EXPECT_EQ(nearest_name(std::string(5000, 'n'), names), std::nullopt);
}

}  // namespace
}  // namespace zerq::config
