// SPDX-License-Identifier: Apache-2.0
// Canonical paths: the canonical form is its own canonical form, never longer than what was sent,
// and holds none of the bytes and segments that only a refusal or a resolution removes.
#include "text/canonical_path.h"

#include <cstdint>

#include "base/check.h"

namespace zerq::text {
namespace {

void check_accepted(std::string_view path, const PathOptions& options) {
  CHECK(path.starts_with('/') && !path.contains('\\'));
  CHECK(options.keeps_semicolon || !(path.contains(';') || path.contains("%3B")));
  CHECK(options.keeps_encoded_slash || !path.contains("%2F"));
  CHECK(options.keeps_empty_segments || !path.contains("//"));
  CHECK(!path.contains("/./") && !path.contains("/../"));
  CHECK(!path.ends_with("/.") && !path.ends_with("/.."));
  CHECK(!path.contains("%00") && !path.contains("%252F") && !path.contains("%2500"));
  for (const char c : path) {
    CHECK(c > 0x20 && c < 0x7F && c != '#' && c != '?');
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  if (size == 0) {
    return 0;
  }
  const PathOptions options{(input[0] & 1) != 0, (input[0] & 2) != 0, (input[0] & 4) != 0};
  const std::string_view raw(reinterpret_cast<const char*>(input) + 1, size - 1);
  HeapBlocks blocks;
  Arena arena(blocks);
  const CanonicalPath once = canonicalise_path(raw, options, arena);
  if (once.refusal != PathRefusal::kNone) {
    CHECK(!once.reason.empty());
    return 0;
  }
  CHECK(once.path.size() <= raw.size());
  check_accepted(once.path, options);
  const CanonicalPath twice = canonicalise_path(once.path, options, arena);
  CHECK(twice.refusal == PathRefusal::kNone && twice.path == once.path);
  return 0;
}

}  // namespace zerq::text
