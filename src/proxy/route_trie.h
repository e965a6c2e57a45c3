// SPDX-License-Identifier: Apache-2.0
// The routes of one collection as an immutable trie over segments (rung: Snapshot). Route numbers
// are those of its collection, so that an unchanged collection's trie serves many revisions: the
// owner (control) shares it as std::shared_ptr<const RouteTrie>, a RouteTable only borrows it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "http/http_method.h"
#include "proxy/route_pattern.h"
#include "proxy/segment_index.h"

namespace zerq::proxy {

struct RouteMatch {
  static constexpr uint32_t kNoRoute = UINT32_MAX;

  uint32_t route = kNoRoute;
  std::span<const std::string_view> params;  // In the pattern's order; the array is in the arena.
  std::string_view tail;  // What "/*" stands for, without its slash.
  // Without a route: the methods of every pattern that matches the path; empty if none does.
  http::MethodSet allowed;

  bool is_match() const { return route != kNoRoute; }
};

class RouteTrie {
 public:
  // Semantics §4, Match (3). `path` is canonical, without the base path, and begins with '/'; the
  // result's views point into it.
  RouteMatch find(std::string_view path, http::Method method, Arena& arena) const;

 private:
  friend class RouteTrieBuilder;
  class Search;

  // What stands at the end of a pattern. HEAD without a route of its own has GET's.
  struct Endpoint {
    http::MethodSet methods;
    std::array<uint32_t, http::kMethodCount> routes;
  };
  static constexpr uint32_t kNone = 0;
  struct Node {
    uint32_t param_child = kNone;
    uint32_t end = kNone;  // Endpoint of patterns that end here.
    uint32_t tail = kNone;  // Endpoint of patterns that end in "/*" here.
  };
  static constexpr uint32_t kRoot = 1;

  std::vector<Node> nodes_ = std::vector<Node>(2);  // [0] is nobody.
  std::vector<Endpoint> endpoints_ = std::vector<Endpoint>(1);
  SegmentIndex literals_;
};

class RouteTrieBuilder {
 public:
  // An earlier route of the same shape that shares a method is returned, and nothing is added.
  std::optional<uint32_t> add(const RoutePattern& pattern, http::MethodSet methods, uint32_t route);
  RouteTrie build() &&;

 private:
  uint32_t child_of(uint32_t node, const RoutePattern::Segment& segment);
  uint32_t endpoint_of(uint32_t node, bool is_tail);

  RouteTrie trie_;
};

}  // namespace zerq::proxy
