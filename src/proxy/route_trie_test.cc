// SPDX-License-Identifier: Apache-2.0
#include "proxy/route_trie.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <map>
#include <random>
#include <string>

namespace zerq::proxy {
namespace {

using http::Method;
using http::MethodSet;

MethodSet methods_of(std::initializer_list<Method> methods) {
  MethodSet set;
  for (const Method method : methods) {
    set.add(method);
  }
  return set;
}

struct Route {
  std::string path;
  MethodSet methods = methods_of({Method::kGet});
};

// Route i of the list has number i.
RouteTrie trie_of(std::initializer_list<Route> routes) {
  RouteTrieBuilder builder;
  uint32_t number = 0;
  for (const Route& route : routes) {
    const auto pattern = RoutePattern::parse(route.path);
    EXPECT_TRUE(pattern.has_value()) << route.path;
    EXPECT_EQ(builder.add(*pattern, route.methods, number++), std::nullopt) << route.path;
  }
  return std::move(builder).build();
}

constexpr uint32_t kNone = RouteMatch::kNoRoute;

class RouteTrieTest : public testing::Test {
 protected:
  RouteMatch find(const RouteTrie& trie, std::string_view path, Method method = Method::kGet) {
    return trie.find(path, method, arena_);
  }

  HeapBlocks blocks_;
  Arena arena_{blocks_};
};

TEST_F(RouteTrieTest, LiteralBeatsParameterBeatsTail) {
  const RouteTrie trie = trie_of({{"/*"}, {"/{id}"}, {"/me"}});
  EXPECT_EQ(find(trie, "/me").route, 2U);
  EXPECT_EQ(find(trie, "/you").route, 1U);
  EXPECT_EQ(find(trie, "/").route, 0U);
  EXPECT_EQ(find(trie, "/me/x").route, 0U);
}

TEST_F(RouteTrieTest, ComesBackFromALiteralThatLeadsNowhere) {
  const RouteTrie trie = trie_of({{"/a/b/c"}, {"/a/{x}/d"}, {"/{y}/b/e"}, {"/{y}/*"}});
  EXPECT_EQ(find(trie, "/a/b/c").route, 0U);
  EXPECT_EQ(find(trie, "/a/b/d").route, 1U);
  EXPECT_EQ(find(trie, "/a/b/d").params[0], "b");
  EXPECT_EQ(find(trie, "/a/b/e").route, 2U);
  EXPECT_EQ(find(trie, "/a/b/e").params[0], "a");
  const RouteMatch match = find(trie, "/a/b/f");
  EXPECT_EQ(match.route, 3U);
  ASSERT_EQ(match.params.size(), 1U);
  EXPECT_EQ(match.params[0], "a");
  EXPECT_EQ(match.tail, "b/f");
}

TEST_F(RouteTrieTest, MethodIsPartOfTheMatch) {
  const RouteTrie trie = trie_of(
      {{"/me"}, {"/{id}", methods_of({Method::kPut})}, {"/*", methods_of({Method::kPost})}});
  EXPECT_EQ(find(trie, "/me").route, 0U);
  EXPECT_EQ(find(trie, "/me", Method::kPut).route, 1U);
  EXPECT_EQ(find(trie, "/me", Method::kPost).route, 2U);
}

TEST_F(RouteTrieTest, AllowedIsTheUnionOverEveryPatternThatMatches) {
  const RouteTrie trie = trie_of({{"/me"},
                                  {"/{id}", methods_of({Method::kPut})},
                                  {"/*", methods_of({Method::kPost})},
                                  {"/me/x", methods_of({Method::kPatch})}});
  const RouteMatch match = find(trie, "/me", Method::kDelete);
  EXPECT_EQ(match.route, kNone);
  EXPECT_EQ(match.allowed, methods_of({Method::kGet, Method::kHead, Method::kPut, Method::kPost}));
  EXPECT_EQ(find(trie, "/you", Method::kDelete).allowed, methods_of({Method::kPut, Method::kPost}));
}

TEST_F(RouteTrieTest, WithoutAnyPatternNothingIsAllowed) {
  const RouteTrie trie = trie_of({{"/a"}});
  EXPECT_TRUE(find(trie, "/b").allowed.is_empty());
  EXPECT_TRUE(find(trie_of({}), "/").allowed.is_empty());
}

TEST_F(RouteTrieTest, GetServesHeadUnlessHeadIsItsOwnRoute) {
  const RouteTrie trie = trie_of({{"/a"}, {"/b"}, {"/b", methods_of({Method::kHead})}});
  EXPECT_EQ(find(trie, "/a", Method::kHead).route, 0U);
  EXPECT_EQ(find(trie, "/b", Method::kHead).route, 2U);
  EXPECT_EQ(find(trie, "/b").route, 1U);
}

TEST_F(RouteTrieTest, ParameterIsOneWholeNonEmptySegment) {
  const RouteTrie trie = trie_of({{"/a/{x}/b"}, {"/c/{y}"}});
  EXPECT_EQ(find(trie, "/a//b").route, kNone);
  EXPECT_EQ(find(trie, "/a/1/2/b").route, kNone);
  EXPECT_EQ(find(trie, "/c/").route, kNone);
  EXPECT_EQ(find(trie, "/c/1%2F2").params[0], "1%2F2");
}

TEST_F(RouteTrieTest, TailNeedsItsSlash) {
  const RouteTrie trie = trie_of({{"/files/*"}});
  EXPECT_EQ(find(trie, "/files").route, kNone);
  EXPECT_EQ(find(trie, "/files/").route, 0U);
  EXPECT_EQ(find(trie, "/files/").tail, "");
  EXPECT_EQ(find(trie, "/files/a//b/").tail, "a//b/");
  EXPECT_EQ(find(trie, "/files2").route, kNone);
}

TEST_F(RouteTrieTest, FinalSlashIsSignificant) {
  const RouteTrie trie = trie_of({{"/a"}, {"/b/"}, {"/"}});
  EXPECT_EQ(find(trie, "/a/").route, kNone);
  EXPECT_EQ(find(trie, "/b").route, kNone);
  EXPECT_EQ(find(trie, "/b/").route, 1U);
  EXPECT_EQ(find(trie, "/").route, 2U);
}

TEST_F(RouteTrieTest, SameShapeForTheSameMethodIsAConflict) {
  RouteTrieBuilder builder;
  const MethodSet get = methods_of({Method::kGet});
  EXPECT_EQ(builder.add(*RoutePattern::parse("/a/{x}/*"), get, 7), std::nullopt);
  EXPECT_EQ(
      builder.add(*RoutePattern::parse("/a/{y}/*"), methods_of({Method::kPost, Method::kGet}), 8),
      7U);
  EXPECT_EQ(builder.add(*RoutePattern::parse("/a/{y}/*"), methods_of({Method::kPost}), 9),
            std::nullopt);
  EXPECT_EQ(builder.add(*RoutePattern::parse("/a/{x}"), get, 10), std::nullopt);
  EXPECT_EQ(builder.add(*RoutePattern::parse("/a/{x}/"), get, 11), std::nullopt);
}

TEST_F(RouteTrieTest, LongPathsAreNoDeeperThanPatterns) {
  const RouteTrie trie = trie_of({{"/a/*"}, {"/{x}/{y}"}});
  std::string path = "/a";
  for (int i = 0; i < 8000; ++i) {
    path += "/x";
  }
  EXPECT_EQ(find(trie, path).route, 0U);
}

// The definition, written as a search over the list of routes.
struct Candidate {
  std::string rank;  // One character a segment: '0' literal, '1' parameter, '2' tail.
  uint32_t route;
};

std::optional<std::string> rank_of(const RoutePattern& pattern, std::string_view path) {
  std::string rank;
  for (const RoutePattern::Segment& segment : pattern.segments) {
    if (!path.starts_with('/')) {
      return std::nullopt;
    }
    path.remove_prefix(1);
    const std::string_view text = path.substr(0, path.find('/'));
    if (segment.is_param ? text.empty() : text != segment.text) {
      return std::nullopt;
    }
    rank += segment.is_param ? '1' : '0';
    path.remove_prefix(text.size());
  }
  if (pattern.has_tail) {
    return path.starts_with('/') ? std::optional(rank + '2') : std::nullopt;
  }
  return path.empty() ? std::optional(rank) : std::nullopt;
}

TEST_F(RouteTrieTest, AgreesWithTheDefinitionOnRandomTables) {
  std::mt19937 random(11);
  static constexpr std::string_view kSegments[] = {"a", "b", "{x}", "{y}", "c"};
  for (int round = 0; round < 400; ++round) {
    RouteTrieBuilder builder;
    std::vector<std::pair<RoutePattern, MethodSet>> routes;
    for (uint32_t number = 0; number < 12; ++number) {
      std::string path;
      RoutePattern pattern;
      for (size_t left = 1 + random() % 3; left > 0; --left) {
        std::string_view segment = kSegments[random() % std::size(kSegments)];
        path += "/" + (segment.starts_with('{') ? "{p" + std::to_string(left) + "}"
                                                : std::string(segment));
      }
      path += random() % 3 == 0 ? "/*" : random() % 4 == 0 ? "/" : "";
      pattern = *RoutePattern::parse(path);
      const MethodSet methods = methods_of({static_cast<Method>(random() % 3)});
      const bool is_added = !builder.add(pattern, methods, static_cast<uint32_t>(routes.size()));
      if (is_added) {
        routes.emplace_back(pattern, methods);
      }
    }
    const RouteTrie trie = std::move(builder).build();
    for (int request = 0; request < 60; ++request) {
      std::string path;
      for (size_t left = 1 + random() % 4; left > 0; --left) {
        path += std::string("/") + "abcd"[random() % 4];
      }
      path += random() % 4 == 0 ? "/" : "";
      const auto method = static_cast<Method>(random() % 3);
      std::map<std::string, uint32_t> ranked;
      MethodSet allowed;
      for (uint32_t i = 0; i < routes.size(); ++i) {
        if (const auto rank = rank_of(routes[i].first, path)) {
          allowed = allowed | routes[i].second;
          if (routes[i].second.has(method)) {
            ranked.emplace(*rank, i);
          }
        }
      }
      const RouteMatch match = find(trie, path, method);
      ASSERT_EQ(match.route, ranked.empty() ? kNone : ranked.begin()->second) << path;
      if (ranked.empty()) {
        if (allowed.has(Method::kGet)) {
          allowed.add(Method::kHead);
        }
        ASSERT_EQ(match.allowed, allowed) << path;
      }
    }
  }
}

TEST(RoutePattern, ReadsSegmentsParametersAndTail) {
  const auto pattern = RoutePattern::parse("/a/{id}/b/{x-y_2}/*");
  ASSERT_TRUE(pattern.has_value());
  EXPECT_EQ(pattern->segments.size(), 4U);
  EXPECT_EQ(pattern->params, (std::vector<std::string>{"id", "x-y_2"}));
  EXPECT_TRUE(pattern->has_tail);
  EXPECT_EQ(RoutePattern::parse("/")->segments.size(), 1U);
  EXPECT_EQ(RoutePattern::parse("/*")->segments.size(), 0U);
}

TEST(RoutePattern, RefusesWhatCouldNeverMatchOrReadsTwoWays) {
  for (const std::string_view path :
       {"",     "a",     "*",         "/*/a",     "/a*",     "/a/*b", "/{}",     "/{1a}", "/{a",
        "/a}",  "/x{a}", "/{a}x",     "/{a}/{a}", "/a//b",   "//",    "/.",      "/../a", "/a b",
        "/a?b", "/a#b",  "/\xC3\xA9", "/%41",     "/%c3%a9", "/%2e",  "/a/{b c}"}) {
    EXPECT_FALSE(RoutePattern::parse(path).has_value()) << path;
  }
  std::string many;
  for (int i = 0; i < 17; ++i) {
    many += "/{p" + std::to_string(i) + "}";
  }
  EXPECT_FALSE(RoutePattern::parse(many).has_value());
}

TEST(RoutePattern, ShapeForgetsNames) {
  EXPECT_TRUE(RoutePattern::parse("/{a}/b")->is_same_shape(*RoutePattern::parse("/{c}/b")));
  EXPECT_FALSE(RoutePattern::parse("/{a}/b")->is_same_shape(*RoutePattern::parse("/a/b")));
  EXPECT_FALSE(RoutePattern::parse("/a")->is_same_shape(*RoutePattern::parse("/a/*")));
}

}  // namespace
}  // namespace zerq::proxy
