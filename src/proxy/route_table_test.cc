// SPDX-License-Identifier: Apache-2.0
#include "proxy/route_table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace zerq::proxy {
namespace {

using Kind = CollectionProblem::Kind;
using Hosts = std::vector<std::string>;

class RouteTableTest : public testing::Test {
 protected:
  std::vector<CollectionProblem> add(uint32_t number, const Hosts& hosts,
                                     std::string_view base_path, text::PathOptions options = {}) {
    return builder_.add({.number = number,
                         .hosts = hosts,
                         .base_path = base_path,
                         .path_options = options,
                         .trie = &trie_});
  }
  void build() { table_ = std::move(builder_).build(); }
  // The collection's number, or -1.
  int find(std::string_view authority, std::string_view path) {
    const CollectionMatch match = table_.find_collection(authority, path);
    return match.is_match() ? static_cast<int>(match.collection) : -1;
  }

  RouteTrie trie_;
  RouteTableBuilder builder_;
  RouteTable table_;
  HeapBlocks blocks_;
  Arena arena_{blocks_};
};

TEST_F(RouteTableTest, LongestBasePathOfWholeSegmentsWins) {
  add(1, {}, "/pay");
  add(2, {}, "/pay/cards");
  add(3, {}, "/a/b/c");
  build();
  EXPECT_EQ(find("x", "/pay"), 1);
  EXPECT_EQ(find("x", "/pay/"), 1);
  EXPECT_EQ(find("x", "/pay/x/cards"), 1);
  EXPECT_EQ(find("x", "/pay/cards"), 2);
  EXPECT_EQ(find("x", "/pay/cards/1"), 2);
  EXPECT_EQ(find("x", "/payments"), -1);
  EXPECT_EQ(find("x", "/pay%2Fcards"), -1);
  EXPECT_EQ(find("x", "/a/b"), -1);
  EXPECT_EQ(find("x", "/a/b/c/d"), 3);
  EXPECT_EQ(find("x", "/"), -1);
}

TEST_F(RouteTableTest, RestOfThePathBeginsWithASlash) {
  add(1, {}, "/open");
  add(2, {}, "/");
  build();
  EXPECT_EQ(table_.find_collection("x", "/open/a/b").path, "/a/b");
  EXPECT_EQ(table_.find_collection("x", "/open/").path, "/");
  EXPECT_EQ(table_.find_collection("x", "/open").path, "/");
  EXPECT_EQ(table_.find_collection("x", "/other").path, "/other");
  EXPECT_EQ(table_.find_collection("x", "/").path, "/");
  EXPECT_EQ(table_.find_collection("x", "/").trie, &trie_);
}

TEST_F(RouteTableTest, ExactHostBeatsWildcardBeatsAny) {
  add(1, {}, "/h");
  add(2, {"*.example"}, "/h");
  add(3, {"a.example", "b.test"}, "/h");
  build();
  EXPECT_EQ(find("a.example", "/h"), 3);
  EXPECT_EQ(find("b.test", "/h"), 3);
  EXPECT_EQ(find("b.example", "/h"), 2);
  EXPECT_EQ(find("c.b.example", "/h"), 1);
  EXPECT_EQ(find("example", "/h"), 1);
  EXPECT_EQ(find(".example", "/h"), 1);
  EXPECT_EQ(find("", "/h"), 1);
}

TEST_F(RouteTableTest, HostComesBeforeTheLengthOfTheBasePath) {
  add(1, {}, "/a/b");
  add(2, {"x.example"}, "/a");
  add(3, {"*.example"}, "/c");
  build();
  EXPECT_EQ(find("x.example", "/a/b"), 2);
  EXPECT_EQ(find("y.example", "/a/b"), 1);
  // A host without a matching base path leaves the request to the wider ones.
  EXPECT_EQ(find("x.example", "/c"), 3);
  EXPECT_EQ(find("x.example", "/d"), -1);
}

TEST_F(RouteTableTest, CasePortAndFinalDotOfTheHostDoNotMatter) {
  add(1, {"A.Example."}, "/");
  add(2, {"[::1]"}, "/");
  add(3, {"*.Wild.Example"}, "/");
  build();
  for (const std::string_view authority :
       {"a.example", "A.EXAMPLE", "a.example.", "a.example:80", "a.Example.:8443"}) {
    EXPECT_EQ(find(authority, "/"), 1) << authority;
  }
  EXPECT_EQ(find("[::1]:8080", "/"), 2);
  EXPECT_EQ(find("X.wild.example.", "/"), 3);
  EXPECT_EQ(find("a.example.com", "/"), -1);
}

TEST_F(RouteTableTest, OneBasePathBelongsToOneCollectionOfAHost) {
  EXPECT_TRUE(add(1, {}, "/a").empty());
  EXPECT_TRUE(add(2, {"x.example", "*.example"}, "/a").empty());
  auto problems = add(3, {}, "/a/");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].kind, Kind::kBasePathTaken);
  EXPECT_EQ(problems[0].other, 1U);
  problems = add(4, {"y.example", "X.EXAMPLE"}, "/a");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].host, 1U);
  EXPECT_EQ(problems[0].other, 2U);
  EXPECT_EQ(add(5, {"*.example"}, "/a").size(), 1U);
  EXPECT_TRUE(add(6, {"y.example"}, "/a").empty());
}

TEST_F(RouteTableTest, WhatWasRefusedIsNotThere) {
  EXPECT_TRUE(add(1, {"a"}, "/x").empty());
  EXPECT_FALSE(add(2, {"b", "a"}, "/x").empty());
  build();
  EXPECT_EQ(find("b", "/x"), -1);
}

TEST_F(RouteTableTest, ReservedPathsAreRefused) {
  for (const std::string_view base : {"/healthz", "/healthz/", "/healthz/x", "/readyz", "/mcp",
                                      "/mcp/a", "/.well-known/oauth-protected-resource/mcp"}) {
    const auto problems = add(1, {}, base);
    ASSERT_EQ(problems.size(), 1U) << base;
    EXPECT_EQ(problems[0].kind, Kind::kReservedBasePath);
  }
  for (const std::string_view base : {"/health", "/healthzz", "/mcps", "/.well-known", "/a/mcp"}) {
    EXPECT_TRUE(add(1, {}, base).empty()) << base;
  }
}

TEST_F(RouteTableTest, InvalidHostsAndBasePathsAreAllReported) {
  const auto problems =
      add(1, {"ok.example", "bad host", "*.*.example", "a:80", "", "*.[::1]", "*"}, "a");
  ASSERT_EQ(problems.size(), 7U);
  EXPECT_EQ(problems[0].kind, Kind::kInvalidBasePath);
  EXPECT_EQ(problems[1].kind, Kind::kInvalidHost);
  EXPECT_EQ(problems[1].host, 1U);
  for (const std::string_view base :
       {"", "a", "/a//b", "/a/../b", "/a;b", "/%41", "/a b", "/a?b"}) {
    EXPECT_EQ(add(1, {}, base).size(), 1U) << base;
  }
}

TEST_F(RouteTableTest, PathOptionsAreThoseOfTheCollection) {
  add(1, {}, "/strict");
  add(2, {}, "/slash", {.keeps_encoded_slash = true});
  add(3, {}, "/empty", {.keeps_empty_segments = true});
  build();
  const auto canonical = [&](std::string_view raw) {
    const text::CanonicalPath path = table_.canonicalise("x", raw, arena_);
    return std::string(path.refusal == text::PathRefusal::kNone ? path.path : path.reason);
  };
  EXPECT_EQ(canonical("/strict/a%2Fb"), "encoded_slash");
  EXPECT_EQ(canonical("/slash/a%2fb"), "/slash/a%2Fb");
  EXPECT_EQ(canonical("/strict/../slash/a%2Fb"), "/slash/a%2Fb");
  EXPECT_EQ(canonical("//slash/a%2Fb"), "/slash/a%2Fb");
  EXPECT_EQ(canonical("/strict//a"), "/strict/a");
  EXPECT_EQ(canonical("/empty//a"), "/empty//a");
  EXPECT_EQ(canonical("/slash//a;b"), "semicolon");
  EXPECT_EQ(canonical("/nowhere/a%2Fb"), "encoded_slash");
  // Merged it is /empty's, which does not merge.
  EXPECT_EQ(canonical("//empty/a"), "path_options_differ");
  EXPECT_EQ(canonical("/%00"), "encoded_control");
}

}  // namespace
}  // namespace zerq::proxy
