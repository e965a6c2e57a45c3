// SPDX-License-Identifier: Apache-2.0
#include "proxy/target_template.h"

#include <algorithm>

#include "base/check.h"
#include "text/canonical_path.h"

namespace zerq::proxy {
namespace {

constexpr text::PathOptions kKeepAll{true, true, true};

bool is_canonical(std::string_view path) {
  HeapBlocks blocks;
  Arena arena(blocks);
  return text::canonicalise_path(path, kKeepAll, arena).path == path;
}

char* append(char* to, std::string_view text) { return std::ranges::copy(text, to).out; }

}  // namespace

Result<TargetTemplate> TargetTemplate::compile(std::string_view base, const RoutePattern& pattern,
                                               std::string_view target_path) {
  const auto refuse = [](std::string_view why) { return fail(ErrorCode::kMalformed, why); };
  if (!target_path.starts_with('/')) {
    return refuse("begins with /");
  }
  TargetTemplate target;
  const size_t mark = target_path.find('?');
  if (mark != std::string_view::npos) {
    target.fixed_query_ = target_path.substr(mark + 1);
    // A segment may hold '&' and '=', which would be another parameter in a query.
    if (!text::is_query(target.fixed_query_) ||
        target.fixed_query_.find_first_of("{}") != std::string::npos) {
      return refuse("has a query of plain characters, without {name}");
    }
    target_path = target_path.substr(0, mark);
  }
  const bool has_tail = target_path.ends_with("/*");
  if (has_tail) {
    if (!pattern.has_tail) {
      return refuse("has /* only where the path has it");
    }
    target_path.remove_suffix(1);
  }
  std::string literal(base.ends_with('/') ? base.substr(0, base.size() - 1) : base);
  std::string shape = literal;  // The path with a letter for each parameter.
  while (!target_path.empty()) {
    const size_t open = target_path.find('{');
    literal += target_path.substr(0, open);
    shape += target_path.substr(0, open);
    if (open == std::string_view::npos) {
      break;
    }
    const size_t close = target_path.find('}', open);
    if (close == std::string_view::npos) {
      return refuse("closes every {");
    }
    const auto param =
        std::ranges::find(pattern.params, target_path.substr(open + 1, close - open - 1));
    if (param == pattern.params.end()) {
      return refuse("names only parameters of the path");
    }
    target.pieces_.push_back(
        {.text = literal, .param = static_cast<int>(param - pattern.params.begin())});
    literal.clear();
    shape += 'x';
    target_path.remove_prefix(close + 1);
  }
  if (shape.contains('*') || !is_canonical(shape)) {
    return refuse("is a path in canonical form, with * as its last segment or none");
  }
  target.pieces_.push_back({.text = literal, .param = has_tail ? kTail : kNothing});
  return target;
}

std::string_view TargetTemplate::value_of(const Piece& piece, const RouteMatch& found) const {
  if (piece.param >= 0) {
    DCHECK(static_cast<size_t>(piece.param) < found.params.size());
    return found.params[static_cast<size_t>(piece.param)];
  }
  return piece.param == kTail ? found.tail : std::string_view();
}

std::string_view TargetTemplate::build(const RouteMatch& found, bool has_query,
                                       std::string_view query, Arena& arena) const {
  const bool asks = has_query || !fixed_query_.empty();
  if (!asks && pieces_.size() == 1 && pieces_.front().param == kNothing) {
    return pieces_.front().text;
  }
  const bool has_both = !fixed_query_.empty() && !query.empty();
  size_t bytes = (asks ? 1 : 0) + fixed_query_.size() + (has_both ? 1 : 0) + query.size();
  for (const Piece& piece : pieces_) {
    bytes += piece.text.size() + value_of(piece, found).size();
  }
  char* const first = reinterpret_cast<char*>(arena.allocate(bytes, 1));
  char* to = first;
  for (const Piece& piece : pieces_) {
    to = append(to, piece.text);
    to = append(to, value_of(piece, found));
  }
  if (asks) {
    *to++ = '?';
    to = append(to, fixed_query_);
    if (has_both) {
      *to++ = '&';
    }
    to = append(to, query);
  }
  DCHECK(to == first + bytes);
  return {first, bytes};
}

}  // namespace zerq::proxy
