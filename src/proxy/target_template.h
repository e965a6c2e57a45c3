// SPDX-License-Identifier: Apache-2.0
// The upstream path and query of a route: the target's own path, then `target_path` with parameters
// and tail filled in, then fixed and caller's query (semantics §4, Upstream URL). Compiled once a
// route, immutable (rung: Snapshot). Host and scheme are the target's and stand elsewhere.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "proxy/route_pattern.h"
#include "proxy/route_trie.h"

namespace zerq::proxy {

// What the gateway itself adds to the query: proxy/query_parameter.h.
struct QueryParameter {
  std::string name;  // Decoded.
  std::string pair;  // "name=value", escaped; empty: no parameter.
};

class TargetTemplate {
 public:
  // `base`: the path of the target's URL, "" or "/v1"; a final slash does not matter. kMalformed
  // with a text to show.
  static Result<TargetTemplate> compile(std::string_view base, const RoutePattern& pattern,
                                        std::string_view target_path);

  // `found` is a match of the pattern that this was compiled with. A view into this template where
  // nothing had to be put together, else into the arena.
  std::string_view build(const RouteMatch& found, bool has_query, std::string_view query,
                         Arena& arena) const;

 private:
  static constexpr int kTail = -1;
  static constexpr int kNothing = -2;
  struct Piece {
    std::string text;
    int param = kNothing;  // What follows the text: an index, the tail, or nothing.
  };
  std::string_view value_of(const Piece& piece, const RouteMatch& found) const;

  std::vector<Piece> pieces_;
  std::string fixed_query_;
};

}  // namespace zerq::proxy
