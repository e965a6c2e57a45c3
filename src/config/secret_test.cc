// SPDX-License-Identifier: Apache-2.0
#include "config/secret.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "config/config_reader.h"

namespace zerq::config {
namespace {

struct Reading {
  Secret secret;
  std::string line;
};

Reading read(const std::string& text) {
  Diagnostics problems;
  Reading reading;
  const auto root = read_document("f", "s: " + text, problems);
  read_value(*root->find("s"), reading.secret, {}, problems);
  for (const Diagnostic& problem : problems.sorted()) {
    reading.line += to_line(problem);
  }
  return reading;
}

constexpr std::string_view kForms = "{value: …}, {base64url: …}, {env: NAME} or {file: PATH}";

TEST(Secret, HasFourForms) {
  EXPECT_EQ(read("{value: hunter2}").secret.resolve(), "hunter2");
  EXPECT_EQ(read("{base64url: aHVudGVyMg}").secret.resolve(), "hunter2");
  ::setenv("SECRET_FOR_TEST", "hunter2", 1);
  const Secret from_environment = read("{env: SECRET_FOR_TEST}").secret;
  EXPECT_TRUE(from_environment.is_external());
  EXPECT_EQ(from_environment.resolve(), "hunter2");
  ::unsetenv("SECRET_FOR_TEST");
  EXPECT_EQ(from_environment.resolve(), std::nullopt);
  const std::string path = testing::TempDir() + "secret_for_test";
  std::ofstream(path) << "hunter2\r\n";
  const Secret from_file = read("{file: " + path + "}").secret;
  EXPECT_EQ(from_file.resolve(), "hunter2");
  std::remove(path.c_str());
  EXPECT_EQ(from_file.resolve(), std::nullopt);
}

TEST(Secret, NullIsNone) {
  const Reading reading = read("~");
  EXPECT_EQ(reading.line, "");
  EXPECT_FALSE(reading.secret.is_set());
  EXPECT_FALSE(reading.secret.was_refused());
}

TEST(Secret, RefusesOtherFormsWithoutShowingThem) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"hunter2", "a bare string; a secret is written as " + std::string(kForms)},
      {"'hunter2'", "a bare string; a secret is written as " + std::string(kForms)},
      {"[hunter2]", "a list; " + std::string(kForms)},
      {"{}", "a map with no field; exactly one of " + std::string(kForms)},
      {"{value: a, env: B}", "a map with several fields; exactly one of " + std::string(kForms)},
      {"{value: [hunter2]}", "{value: …} without a text; " + std::string(kForms)},
      {"{value: ''}", "{value: …} without a text; " + std::string(kForms)},
      {"{base64url: 'a+b/'}", "not base64url; A–Z a–z 0–9 - _ without padding"},
      {"{set: true, value: a}",
       "{set: …} with something else; {set: true}, or one of " + std::string(kForms)},
      {"{set: 'true'}",
       "{set: …} with something else; {set: true}, or one of " + std::string(kForms)},
  };
  for (const auto& [text, found] : cases) {
    const Reading reading = read(text);
    EXPECT_EQ(reading.line, "f:1:4: s: " + found) << text;
    EXPECT_FALSE(reading.secret.is_set()) << text;
    EXPECT_TRUE(reading.secret.was_refused()) << text;
  }
  EXPECT_EQ(read("{valu: hunter2}").line,
            "f:1:5: s.valu: unknown field; " + std::string(kForms) + "; did you mean \"value\"?");
}

TEST(Secret, WhatIsShownOfASecretReadsBack) {
  EXPECT_EQ(read("{set: true, env: null}").secret.source, Secret::Source::kStored);
  EXPECT_EQ(read("{set: true}").secret.resolve(), std::nullopt);
  const Secret from_environment = read("{set: true, env: SOME_NAME}").secret;
  EXPECT_EQ(from_environment.source, Secret::Source::kEnvironment);
  EXPECT_EQ(from_environment.text, "SOME_NAME");
  EXPECT_FALSE(read("{set: false, env: null}").secret.is_set());
}

TEST(Secret, EnvMayNotNameOurOwnSecrets) {
  for (const char* name :
       {"ZERQ_ADMIN_TOKEN", "ENCRYPTION_KEY", "ENCRYPTION_KEYS", "MONGODB_URI", "REDIS_URL"}) {
    EXPECT_EQ(read(std::string("{env: ") + name + "}").line,
              std::string("f:1:10: s.env: ") + name +
                  "; any variable but ZERQ_*, ENCRYPTION_KEY*, MONGODB_URI and REDIS_URL");
  }
  EXPECT_EQ(read("{env: 'A=B'}").line,
            "f:1:10: s.env: \"A=B\"; the name of an environment variable");
  EXPECT_EQ(read("{env: MY_ZERQ_TOKEN}").line, "");
}

}  // namespace
}  // namespace zerq::config
