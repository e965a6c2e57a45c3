// SPDX-License-Identifier: Apache-2.0
// Golden files: testdata/NAME.yaml is checked as `check` does, and says what NAME.expected holds.
#include "control/config_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "config/config_reader.h"

namespace zerq::control {
namespace {

const std::string kFolder = ZERQ_SOURCE_DIR "/src/control/testdata/";

std::string read(const std::string& path) {
  config::Diagnostics problems;
  return config::read_file(path, problems).value_or("");
}

// What is printed, with names of files as a user in their folder would see them.
std::string check(std::vector<std::string> names, int code) {
  for (std::string& name : names) {
    name = kFolder + name;
  }
  testing::internal::CaptureStderr();
  const int got = run_check(names);
  std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(got, code) << text;
  for (size_t at = text.find(kFolder); at != std::string::npos; at = text.find(kFolder)) {
    text.erase(at, kFolder.size());
  }
  return text;
}

TEST(ConfigCheck, SaysWhatTheGoldenFilesSay) {
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() == ".yaml") {
      ++files;
      EXPECT_EQ(check({name + ".yaml"}, 2), read(kFolder + name + ".expected")) << name;
    }
  }
  EXPECT_GE(files, 10);
}

TEST(ConfigCheck, QuickstartIsGood) {
  const std::string file = ZERQ_SOURCE_DIR "/docs/examples/quickstart.yaml";
  testing::internal::CaptureStderr();
  EXPECT_EQ(run_check(std::vector<std::string>{file}), 0);
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::ranges::count(text, '\n'), 1) << text;
}

TEST(ConfigCheck, SeveralFilesAreOneDocument) {
  const std::string folder = testing::TempDir() + "check_several/";
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "a.yaml") << "version: 1\nsettings: {headers_max: 9}\nclients:\n"
                                      "  - {name: acme, collections: [Pets]}\n";
  std::ofstream(folder + "b.yml") << "version: 1\ncollections:\n"
                                     "  - {name: Pets, base_path: /p, target: 'http://h'}\n";
  std::ofstream(folder + "ignored.txt") << "no YAML: [";
  EXPECT_EQ(run_check(std::vector{folder}), 0);
  std::ofstream(folder + "c.yaml") << "version: 1\nsettings: {}\nclients:\n  - {name: acme}\n";
  testing::internal::CaptureStderr();
  EXPECT_EQ(run_check(std::vector{folder}), 2);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            folder + "c.yaml:2:11: settings: settings a second time; first at " + folder +
                "a.yaml:2:11\n" + folder +
                "c.yaml:4:12: clients[0].name: duplicate client \"acme\"; first at " + folder +
                "a.yaml:4:12\n");
  std::filesystem::remove_all(folder);
}

TEST(ConfigCheck, EveryFileMustBeThere) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(run_check(std::vector<std::string>{"/nowhere/f.yaml"}), 2);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "/nowhere/f.yaml: cannot be read: No such file or directory\n");
}

}  // namespace
}  // namespace zerq::control
