// SPDX-License-Identifier: Apache-2.0
// The one canonical form of a request path, and the check of its query (semantics §4). Routing,
// rules, record and upstream see only this form. Pure; results are views into the input or the
// arena. What is ambiguous is refused unless the collection's PathOptions say it is plain data.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/arena.h"

namespace zerq::text {

// `path_options` of a collection; all false is the default.
struct PathOptions {
  bool keeps_encoded_slash = false;   // %2F is data inside one segment.
  bool keeps_semicolon = false;       // ';' and %3B are plain data.
  bool keeps_empty_segments = false;  // '//' is not merged.

  friend bool operator==(const PathOptions&, const PathOptions&) = default;
};

enum class PathRefusal : uint8_t {
  kNone,
  kMalformed,  // The bytes are no path at all.
  kAmbiguous,  // Two readers could take it for two paths.
};

struct CanonicalPath {
  PathRefusal refusal = PathRefusal::kNone;
  std::string_view path = {};    // kNone: begins with '/'.
  std::string_view reason = {};  // Else: static text for the record, "encoded_slash".
};

// `raw` is the path of an origin-form target. Without anything to change, `path` is `raw` itself.
CanonicalPath canonicalise_path(std::string_view raw, const PathOptions& options, Arena& arena);

// A query is never decoded; it only may not hold space, controls, bytes ≥ 0x80 or '#'.
bool is_query(std::string_view query) noexcept;

}  // namespace zerq::text
