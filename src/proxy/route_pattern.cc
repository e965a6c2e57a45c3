// SPDX-License-Identifier: Apache-2.0
#include "proxy/route_pattern.h"

#include <algorithm>

#include "base/arena.h"
#include "text/canonical_path.h"

namespace zerq::proxy {
namespace {

bool is_name(std::string_view text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && is_letter(text.front()) && std::ranges::all_of(text, [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-';
  });
}

bool is_canonical_segment(std::string_view segment) {
  HeapBlocks blocks;
  Arena arena(blocks);
  constexpr text::PathOptions kKeepAll{true, true, true};
  const std::string path = "/" + std::string(segment);
  return text::canonicalise_path(path, kKeepAll, arena).path == path;
}

}  // namespace

Result<RoutePattern> RoutePattern::parse(std::string_view path) {
  const auto refuse = [](std::string_view why) { return fail(ErrorCode::kMalformed, why); };
  if (!path.starts_with('/')) {
    return refuse("begins with /");
  }
  RoutePattern pattern;
  for (bool is_last = false; !is_last;) {
    path.remove_prefix(1);
    const size_t slash = path.find('/');
    is_last = slash == std::string_view::npos;
    const std::string_view text = path.substr(0, slash);
    path.remove_prefix(text.size());
    if (text == "*") {
      if (!is_last) {
        return refuse("* is the last segment or none");
      }
      pattern.has_tail = true;
      break;
    }
    if (pattern.segments.size() == kSegmentsMax) {
      return refuse("has at most 64 segments");
    }
    if (text.empty() && !is_last) {
      return refuse("has no empty segments but the last");
    }
    if (text.starts_with('{') && text.ends_with('}')) {
      const std::string name(text.substr(1, text.size() - 2));
      if (!is_name(name)) {
        return refuse("a parameter is {name} of letters, digits, _ and -");
      }
      if (std::ranges::find(pattern.params, name) != pattern.params.end()) {
        return refuse("names each parameter once");
      }
      if (pattern.params.size() == kParamsMax) {
        return refuse("has at most 16 parameters");
      }
      pattern.params.push_back(name);
      pattern.segments.push_back({.text = name, .is_param = true});
      continue;
    }
    if (text.find_first_of("{}*") != std::string_view::npos) {
      return refuse("{name} and * are whole segments");
    }
    if (!is_canonical_segment(text)) {
      return refuse(
          "is in canonical form: no . or .. segments, escapes in upper case and only where needed");
    }
    pattern.segments.push_back({.text = std::string(text)});
  }
  return pattern;
}

bool RoutePattern::is_same_shape(const RoutePattern& other) const {
  return has_tail == other.has_tail &&
         std::ranges::equal(segments, other.segments, [](const Segment& a, const Segment& b) {
           return a.is_param == b.is_param && (a.is_param || a.text == b.text);
         });
}

}  // namespace zerq::proxy
