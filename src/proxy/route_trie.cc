// SPDX-License-Identifier: Apache-2.0
#include "proxy/route_trie.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace zerq::proxy {

// One walk with backtracking. It visits each trie node at most once, and recursion is as deep as
// the longest pattern (RoutePattern::kSegmentsMax), however long the path is.
class RouteTrie::Search {
 public:
  Search(const RouteTrie& trie, http::Method method) : trie_(trie), method_(method) {}

  // `rest` begins behind the slash that opens a segment.
  bool visit(uint32_t node, std::string_view rest) {
    const size_t slash = rest.find('/');
    const std::string_view segment = rest.substr(0, slash);
    const uint32_t literal = trie_.literals_.find(node, segment);
    if (literal != SegmentIndex::kNone && enter(literal, rest, slash)) {
      return true;
    }
    const Node& here = trie_.nodes_[node];
    if (here.param_child != kNone && !segment.empty()) {
      params_[params_count_++] = segment;
      if (enter(here.param_child, rest, slash)) {
        return true;
      }
      --params_count_;
    }
    if (accept(here.tail)) {
      tail_ = rest;
      return true;
    }
    return false;
  }

  RouteMatch found(Arena& arena) const {
    RouteMatch found{.route = route_, .params = {}, .tail = tail_, .allowed = allowed_};
    if (params_count_ > 0) {
      const std::span<std::string_view> params = arena.make_array<std::string_view>(params_count_);
      std::ranges::copy_n(params_.begin(), static_cast<std::ptrdiff_t>(params_count_),
                          params.begin());
      found.params = params;
    }
    return found;
  }

 private:
  bool enter(uint32_t child, std::string_view rest, size_t slash) {
    return slash == std::string_view::npos ? accept(trie_.nodes_[child].end)
                                           : visit(child, rest.substr(slash + 1));
  }

  bool accept(uint32_t endpoint) {
    const Endpoint& end = trie_.endpoints_[endpoint];
    if (!end.methods.has(method_)) {
      allowed_ = allowed_ | end.methods;
      return false;
    }
    route_ = end.routes[static_cast<size_t>(std::to_underlying(method_))];
    return true;
  }

  const RouteTrie& trie_;
  const http::Method method_;
  uint32_t route_ = RouteMatch::kNoRoute;
  http::MethodSet allowed_;
  std::string_view tail_;
  size_t params_count_ = 0;
  std::array<std::string_view, RoutePattern::kParamsMax> params_;
};

RouteMatch RouteTrie::find(std::string_view path, http::Method method, Arena& arena) const {
  DCHECK(path.starts_with('/'));
  Search search(*this, method);
  search.visit(kRoot, path.substr(1));
  return search.found(arena);
}

uint32_t RouteTrieBuilder::child_of(uint32_t node, const RoutePattern::Segment& segment) {
  const uint32_t existing =
      segment.is_param ? trie_.nodes_[node].param_child : trie_.literals_.find(node, segment.text);
  if (existing != RouteTrie::kNone) {
    return existing;
  }
  const auto child = static_cast<uint32_t>(trie_.nodes_.size());
  trie_.nodes_.emplace_back();
  if (segment.is_param) {
    trie_.nodes_[node].param_child = child;
  } else {
    trie_.literals_.add(node, segment.text, child);
  }
  return child;
}

uint32_t RouteTrieBuilder::endpoint_of(uint32_t node, bool is_tail) {
  uint32_t& endpoint = is_tail ? trie_.nodes_[node].tail : trie_.nodes_[node].end;
  if (endpoint == RouteTrie::kNone) {
    endpoint = static_cast<uint32_t>(trie_.endpoints_.size());
    trie_.endpoints_.emplace_back().routes.fill(RouteMatch::kNoRoute);
  }
  return endpoint;
}

std::optional<uint32_t> RouteTrieBuilder::add(const RoutePattern& pattern, http::MethodSet methods,
                                              uint32_t route) {
  uint32_t node = RouteTrie::kRoot;
  for (const RoutePattern::Segment& segment : pattern.segments) {
    node = child_of(node, segment);
  }
  RouteTrie::Endpoint& endpoint = trie_.endpoints_[endpoint_of(node, pattern.has_tail)];
  for (size_t method = 0; method < http::kMethodCount; ++method) {
    if (methods.has(static_cast<http::Method>(method)) &&
        endpoint.methods.has(static_cast<http::Method>(method))) {
      return endpoint.routes[method];
    }
  }
  for (size_t method = 0; method < http::kMethodCount; ++method) {
    if (methods.has(static_cast<http::Method>(method))) {
      endpoint.routes[method] = route;
    }
  }
  endpoint.methods = endpoint.methods | methods;
  return std::nullopt;
}

RouteTrie RouteTrieBuilder::build() && {
  constexpr auto kGet = static_cast<size_t>(std::to_underlying(http::Method::kGet));
  constexpr auto kHead = static_cast<size_t>(std::to_underlying(http::Method::kHead));
  for (RouteTrie::Endpoint& endpoint : trie_.endpoints_) {
    if (endpoint.methods.has(http::Method::kGet) && !endpoint.methods.has(http::Method::kHead)) {
      endpoint.methods.add(http::Method::kHead);
      endpoint.routes[kHead] = endpoint.routes[kGet];
    }
  }
  return std::move(trie_);
}

}  // namespace zerq::proxy
