// SPDX-License-Identifier: Apache-2.0
// The pages about the declarative file say what src/control reads, no more and no less.
#include "control/config_reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "config/config_reader.h"
#include "control/gateway_config.h"

namespace zerq::control {
namespace {

using config::FieldNote;
using config::FieldUse;
using testing::HasSubstr;
using testing::Not;

std::string read(const std::string& name) {
  config::Diagnostics problems;
  return config::read_file(ZERQ_SOURCE_DIR "/docs/" + name, problems).value_or("");
}

// Names of fields that may be written, with and without what they stand in, and their choices.
void collect(const std::vector<FieldNote>& fields, const std::string& before,
             std::set<std::string>& names) {
  for (const FieldNote& field : fields) {
    if (field.use == FieldUse::kRefused) {
      continue;
    }
    names.insert(field.name);
    names.insert(before + field.name);
    names.insert(field.choices.begin(), field.choices.end());
    collect(field.children, field.name + ".", names);
  }
}

TEST(ConfigReference, PageIsWhatTheCommandPrints) {
  EXPECT_EQ(read("reference/configuration-fields.md"), config_reference())
      << "run: zerq-gateway fields > docs/reference/configuration-fields.md";
}

TEST(ConfigReference, GuideNamesOnlyFieldsThatCanBeWritten) {
  const std::string guide = read("guide/configuration.md");
  const size_t begin = guide.find("## The declarative file");
  ASSERT_NE(begin, std::string::npos);
  std::set<std::string> names = {"not_supported", "secret_unavailable", "check"};
  collect(gateway_config_fields(), "", names);
  size_t count = 0;
  for (size_t open = guide.find('`', begin); open != std::string::npos;) {
    const size_t close = guide.find('`', open + 1);
    ASSERT_NE(close, std::string::npos) << "a back-tick without its other one";
    const std::string word = guide.substr(open + 1, close - open - 1);
    // What looks like the name of a field.
    if (word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_.") == std::string::npos &&
        !word.starts_with('.')) {
      ++count;
      EXPECT_TRUE(names.contains(word))
          << "docs/guide/configuration.md: `" << word << "` is no field; correct it";
    }
    open = guide.find('`', close + 1);
  }
  EXPECT_GT(count, 30);
}

TEST(ConfigReference, RefusedFieldsHaveNoRow) {
  const std::string page = config_reference();
  EXPECT_THAT(page, HasSubstr("| `auth.required_claims` | map |"));
  EXPECT_THAT(page, Not(HasSubstr("| `required_claims`")));
  EXPECT_THAT(page, HasSubstr("`required_claims`, `audit`"));
}

TEST(ConfigReference, EveryReadFieldSaysWhatMayStandThere) {
  const std::function<void(const std::vector<FieldNote>&)> look = [&](const auto& fields) {
    for (const FieldNote& field : fields) {
      EXPECT_FALSE(field.use == FieldUse::kRead && field.value.empty()) << field.name;
      EXPECT_FALSE(field.sentence.empty()) << field.name;
      look(field.children);
    }
  };
  look(gateway_config_fields());
}

}  // namespace
}  // namespace zerq::control
