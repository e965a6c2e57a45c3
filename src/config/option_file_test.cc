// SPDX-License-Identifier: Apache-2.0
#include "config/option_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace zerq::config {
namespace {

OptionFile read(const std::string& text) {
  const std::string path =
      testing::TempDir() + std::to_string(::getpid()) + "_option_file_for_test.yaml";
  std::ofstream(path) << text;
  OptionFile options = read_option_file(path);
  std::remove(path.c_str());
  return options;
}

TEST(OptionFile, HasOneValueOrAListForEachName) {
  const OptionFile options = read("workers: 2\nlisten: [127.0.0.1:1, 127.0.0.1:2]\n");
  EXPECT_EQ(options.problem, "");
  ASSERT_EQ(options.values.size(), 2);
  EXPECT_EQ(options.values[0].first, "workers");
  EXPECT_EQ(options.values[0].second, std::vector<std::string>{"2"});
  EXPECT_EQ(options.values[1].second, (std::vector<std::string>{"127.0.0.1:1", "127.0.0.1:2"}));
}

TEST(OptionFile, ProblemIsOneLineWithThePlace) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"workers:\n", ":1:1: workers: nothing; a value or a list of values"},
      {"a: 1\na: 2\n", ":2:1: a: duplicate key; first in line 1"},
      {"[a]", ":1:1: a list; a map of option names"},
      {"version: 1\ncollections: []\n",
       ":1:1: this is a declarative file; give it to serve --apply"},
  };
  for (const auto& [text, line] : cases) {
    const OptionFile options = read(text);
    EXPECT_TRUE(options.problem.ends_with("option_file_for_test.yaml" + line)) << options.problem;
  }
  EXPECT_EQ(read_option_file("/nowhere/f").problem,
            "/nowhere/f: cannot be read: No such file or directory");
}

}  // namespace
}  // namespace zerq::config
