// SPDX-License-Identifier: Apache-2.0
// The `path` of a proxy as segments: "/a/{id}/b", "/files/*" (product §4, semantics §4). A value;
// parsed when configuration is compiled, never on a request.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace zerq::proxy {

struct RoutePattern {
  static constexpr size_t kParamsMax = 16;
  static constexpr size_t kSegmentsMax = 64;

  struct Segment {
    std::string text;       // The literal, or the name of the parameter.
    bool is_param = false;
  };
  std::vector<Segment> segments;  // "/a/" has two, the last one empty; "/*" has none.
  std::vector<std::string> params;  // Their names, in order.
  bool has_tail = false;  // Ends in "/*".

  // Literals must be in canonical form, so that they can match. kMalformed with a text to show.
  static Result<RoutePattern> parse(std::string_view path);
  // Whether both match the same paths: names of parameters aside.
  bool is_same_shape(const RoutePattern& other) const;
};

}  // namespace zerq::proxy
