// SPDX-License-Identifier: Apache-2.0
#include "text/json.h"

#include <gtest/gtest.h>

#include <string>

namespace zerq::text {
namespace {

TEST(Json, ReadsEveryKindOfValue) {
  const auto tree = parse_json(R"({"a":[1,-2,2.5,true,null,"x\u00e9"],"b":{}})");
  ASSERT_TRUE(tree.has_value());
  EXPECT_EQ(json::serialize(*tree), "{\"a\":[1,-2,2.5E0,true,null,\"x\u00e9\"],\"b\":{}}");
}

TEST(Json, RefusesWhatTheGrammarDoesNotAllow) {
  for (const char* text :
       {"", " ", "{", "[1,]", "{\"a\":1,}", "01", "+1", "nul", "1 2", "'a'", "{a:1}", "\"\x01\"",
        "\"\xC0\xAF\"", "\"\\ud800\"", "// c\n1", "NaN", "\xEF\xBB\xBF{}"}) {
    const auto tree = parse_json(text);
    ASSERT_FALSE(tree.has_value()) << text;
    EXPECT_EQ(tree.error().detail, "json_syntax") << text;
  }
}

TEST(Json, RefusesDuplicateMembersAtAnyDepthAndHoweverEscaped) {
  for (const char* text : {R"({"a":1,"a":1})", R"({"a":1,"\u0061":2})", R"([{"x":{"k":1,"k":2}}])",
                           R"({"a":{"b":1},"a":{"c":1,"d":2}})"}) {
    const auto tree = parse_json(text);
    ASSERT_FALSE(tree.has_value()) << text;
    EXPECT_EQ(tree.error().detail, "json_duplicate_member") << text;
  }
  EXPECT_TRUE(parse_json(R"({"a":{"a":1},"b":{"a":1}})").has_value());
}

TEST(Json, KeepsTheLastDuplicateWhereAskedTo) {
  const auto tree = parse_json(R"({"a":1,"a":2})", {.must_refuse_duplicates = false});
  ASSERT_TRUE(tree.has_value());
  EXPECT_EQ(tree->at("a").as_int64(), 2);
}

TEST(Json, BoundsTheDepth) {
  EXPECT_TRUE(parse_json(std::string(64, '[') + std::string(64, ']')).has_value());
  const auto tree = parse_json(std::string(65, '[') + std::string(65, ']'));
  ASSERT_FALSE(tree.has_value());
  EXPECT_EQ(tree.error().detail, "json_too_deep");
}

}  // namespace
}  // namespace zerq::text
