// SPDX-License-Identifier: Apache-2.0
#include "filters/parameter_set.h"

#include <gtest/gtest.h>

#include <array>
#include <utility>
#include <vector>

namespace zerq::filters {
namespace {

class ParameterSetTest : public testing::Test {
 protected:
  Parameter& add(std::string name, ParameterPlace place, ParameterType type) {
    Parameter& added = parameters_.emplace_back(
        Parameter{.name = name, .place = place, .type = type, .pointer = "/" + name});
    return added;
  }
  // pointer: message, joined by '|'.
  std::string violations(std::string_view query, std::vector<std::string_view> path = {}) {
    std::string text;
    for (const Violation& violation :
         set().find_violations({.path = path, .query = query, .headers = headers_}, arena_)) {
      text += (text.empty() ? "" : "|") + std::string(violation.pointer) + ": " +
              std::string(violation.message);
    }
    return text;
  }
  ParameterSet set() const {
    ParameterSet set;
    for (const Parameter& parameter : parameters_) {
      set.add(parameter);
    }
    return set;
  }
  std::string defaults(std::string_view query) {
    return std::string(set().missing_defaults(query, arena_));
  }

  HeapBlocks blocks_;
  Arena arena_{blocks_};
  http::HeaderList headers_{arena_};
  std::vector<Parameter> parameters_;
};

TEST_F(ParameterSetTest, NumbersAreThoseOfJson) {
  struct Case {
    const char* text;
    bool is_integer, is_number;
  };
  for (const Case& c : {Case{"0", true, true},     Case{"-0", true, true},
                        Case{"12", true, true},    Case{"-7", true, true},
                        Case{"1.5", false, true},  Case{"1e9", false, true},
                        Case{"1E+2", false, true}, Case{"0.0", false, true},
                        Case{"", false, false},    Case{"-", false, false},
                        Case{"01", false, false},  Case{"+1", false, false},
                        Case{"1.", false, false},  Case{".5", false, false},
                        Case{"1e", false, false},  Case{" 1", false, false},
                        Case{"1 ", false, false},  Case{"0x1", false, false},
                        Case{"NaN", false, false}, Case{"99999999999999999999", true, true}}) {
    EXPECT_EQ(is_of_type(c.text, ParameterType::kInteger), c.is_integer) << c.text;
    EXPECT_EQ(is_of_type(c.text, ParameterType::kNumber), c.is_number) << c.text;
  }
  EXPECT_TRUE(is_of_type("true", ParameterType::kBoolean));
  EXPECT_FALSE(is_of_type("True", ParameterType::kBoolean));
  EXPECT_FALSE(is_of_type("1", ParameterType::kBoolean));
}

TEST_F(ParameterSetTest, EveryParameterThatIsWrongIsTold) {
  add("id", ParameterPlace::kPath, ParameterType::kInteger);
  add("limit", ParameterPlace::kQuery, ParameterType::kInteger);
  add("must", ParameterPlace::kQuery, ParameterType::kString).is_required = true;
  add("X-Mode", ParameterPlace::kHeader, ParameterType::kBoolean).is_required = true;
  headers_.add("x-mode", "maybe");
  EXPECT_EQ(violations("limit=ten", {"7a"}),
            "/id: is not an integer|/limit: is not an integer|/must: is required|"
            "/X-Mode: is not true or false");
  EXPECT_EQ(violations("must=&limit=3", {"7"}), "/X-Mode: is not true or false");
}

TEST_F(ParameterSetTest, NamesAndValuesOfAQueryAreDecoded) {
  Parameter& colour = add("a b", ParameterPlace::kQuery, ParameterType::kString);
  colour.choices = {"r&d", "x y"};
  colour.choices_message = "is not one of r&d, x y";
  EXPECT_EQ(violations("a%20b=r%26d"), "");
  EXPECT_EQ(violations("a+b=x+y"), "");
  EXPECT_EQ(violations("a+b=x%2By"), "/a b: is not one of r&d, x y");
  EXPECT_EQ(violations("a%20b"), "/a b: is not one of r&d, x y");
  EXPECT_EQ(violations("a%2=1&%=2&&=&a"), "");  // Others, however they look.
}

TEST_F(ParameterSetTest, ASegmentOfThePathIsDecodedWithoutPlus) {
  Parameter& name = add("name", ParameterPlace::kPath, ParameterType::kString);
  name.choices = {"a+b", "a b"};
  name.choices_message = "is not";
  EXPECT_EQ(violations("", {"a+b"}), "");
  EXPECT_EQ(violations("", {"a%20b"}), "");
  EXPECT_EQ(violations("", {"ab"}), "/name: is not");
}

TEST_F(ParameterSetTest, EachValueOfARepeatedParameterIsChecked) {
  add("n", ParameterPlace::kQuery, ParameterType::kInteger);
  add("H", ParameterPlace::kHeader, ParameterType::kInteger);
  EXPECT_EQ(violations("n=1&n=2&n=x&n=y"), "/n: is not an integer");
  headers_.add("h", "1");
  headers_.add("h", "b");
  EXPECT_EQ(violations("n=1&n=2"), "/H: is not an integer");
}

TEST_F(ParameterSetTest, ChoicesOfNumbersAreComparedByValue) {
  Parameter& n = add("n", ParameterPlace::kQuery, ParameterType::kNumber);
  n.choices = {"1", "2.5"};
  n.choices_message = "is not one of 1, 2.5";
  EXPECT_EQ(violations("n=1.0"), "");
  EXPECT_EQ(violations("n=25e-1"), "");
  EXPECT_EQ(violations("n=2"), "/n: is not one of 1, 2.5");
}

TEST_F(ParameterSetTest, DefaultsOfWhatIsMissingAreJoined) {
  add("a", ParameterPlace::kQuery, ParameterType::kInteger).default_pair = "a=1";
  add("b", ParameterPlace::kQuery, ParameterType::kString);
  Parameter& c = add("c d", ParameterPlace::kQuery, ParameterType::kString);
  c.default_pair = encode_query_text("c d") + "=" + encode_query_text("x&y");
  c.is_required = true;
  EXPECT_EQ(violations(""), "");
  EXPECT_EQ(defaults(""), "a=1&c%20d=x%26y");
  EXPECT_EQ(defaults("a=5"), "c%20d=x%26y");
  EXPECT_EQ(defaults("c+d&b=1"), "a=1");
  EXPECT_EQ(defaults("%61=&c%20d=2"), "");
}

}  // namespace
}  // namespace zerq::filters
