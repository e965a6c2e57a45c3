// SPDX-License-Identifier: Apache-2.0
#include "proxy/target_template.h"

#include <gtest/gtest.h>

#include <string>

namespace zerq::proxy {
namespace {

class TargetTemplateTest : public testing::Test {
 protected:
  // What `path` becomes on a route of this pattern and target_path.
  std::string built(std::string_view pattern_text, std::string_view target_path,
                    std::string_view path, std::string_view base = "",
                    const char* query = nullptr) {
    const auto pattern = RoutePattern::parse(pattern_text);
    const auto target = TargetTemplate::compile(base, *pattern, target_path);
    EXPECT_TRUE(target.has_value()) << target_path;
    RouteTrieBuilder builder;
    http::MethodSet get;
    get.add(http::Method::kGet);
    builder.add(*pattern, get, 0);
    const RouteTrie trie = std::move(builder).build();
    const RouteMatch match = trie.find(path, http::Method::kGet, arena_);
    EXPECT_TRUE(match.is_match()) << path;
    return std::string(
        target->build(match, query != nullptr, query == nullptr ? "" : query, arena_));
  }
  std::string_view refusal(std::string_view pattern, std::string_view target_path) {
    const auto target = TargetTemplate::compile("", *RoutePattern::parse(pattern), target_path);
    return target.has_value() ? std::string_view() : target.error().detail;
  }

  HeapBlocks blocks_;
  Arena arena_{blocks_};
};

TEST_F(TargetTemplateTest, FillsParametersAndTail) {
  EXPECT_EQ(built("/a/{x}/b/{y}", "/{y}/of/{x}", "/a/1/b/2"), "/2/of/1");
  EXPECT_EQ(built("/a/{x}", "/v-{x}.json/{x}", "/a/%C3%A9"), "/v-%C3%A9.json/%C3%A9");
  EXPECT_EQ(built("/*", "/rest/*", "/a//b/"), "/rest/a//b/");
  EXPECT_EQ(built("/*", "/*", "/"), "/");
  EXPECT_EQ(built("/{x}/*", "/*", "/a/b"), "/b");
  EXPECT_EQ(built("/{x}/*", "/{x}", "/a/b"), "/a");
  EXPECT_EQ(built("/a", "/literal", "/a"), "/literal");
}

TEST_F(TargetTemplateTest, BeginsWithTheTargetsPath) {
  EXPECT_EQ(built("/*", "/*", "/a", "/v1"), "/v1/a");
  EXPECT_EQ(built("/*", "/*", "/a", "/v1/"), "/v1/a");
  EXPECT_EQ(built("/a", "/", "/a", "/v1"), "/v1/");
  EXPECT_EQ(built("/a", "/b", "/a", "/"), "/b");
}

TEST_F(TargetTemplateTest, FixedQueryComesBeforeTheCallers) {
  EXPECT_EQ(built("/a", "/q?k=1", "/a"), "/q?k=1");
  EXPECT_EQ(built("/a", "/q?k=1", "/a", "", "x=%2F"), "/q?k=1&x=%2F");
  EXPECT_EQ(built("/a", "/q?k=1", "/a", "", ""), "/q?k=1");
  EXPECT_EQ(built("/a", "/q", "/a", "", "x&&y"), "/q?x&&y");
  EXPECT_EQ(built("/a", "/q", "/a", "", ""), "/q?");
}

TEST_F(TargetTemplateTest, ConstantTargetsAllocateNothing) {
  const auto pattern = RoutePattern::parse("/a");
  const auto target = TargetTemplate::compile("/v1", *pattern, "/b");
  ASSERT_TRUE(target.has_value());
  EXPECT_EQ(target->build({}, false, "", arena_), "/v1/b");
  EXPECT_EQ(arena_.bytes_held(), 0U);
}

TEST_F(TargetTemplateTest, RefusesWhatItCouldNotFillOrSend) {
  EXPECT_EQ(refusal("/a", "b"), "begins with /");
  EXPECT_EQ(refusal("/a/{x}", "/{y}"), "names only parameters of the path");
  EXPECT_EQ(refusal("/a/{x}", "/{x"), "closes every {");
  EXPECT_EQ(refusal("/a", "/*"), "has /* only where the path has it");
  EXPECT_EQ(refusal("/a/{x}", "/q?k={x}"), "has a query of plain characters, without {name}");
  EXPECT_EQ(refusal("/a", "/q?a b"), "has a query of plain characters, without {name}");
  for (const std::string_view target : {"/*/a", "/a*", "/../x", "/a b", "/%41", "/x}", "/./{x}"}) {
    EXPECT_EQ(refusal("/{x}/*", target),
              "is a path in canonical form, with * as its last segment or none")
        << target;
  }
}

}  // namespace
}  // namespace zerq::proxy
