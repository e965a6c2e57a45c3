// SPDX-License-Identifier: Apache-2.0
#include "text/canonical_path.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "text/hex.h"
#include "text/utf8.h"

namespace zerq::text {
namespace {

enum class Kind : uint8_t { kRefused, kPlain, kSlash, kPercent, kSemicolon, kBackslash };

constexpr bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// pchar of RFC 3986 §3.3, with what needs a decision apart.
constexpr std::array<Kind, 256> kKinds = [] {
  std::array<Kind, 256> kinds{};
  for (size_t c = 0; c < 128; ++c) {
    kinds[c] = is_unreserved(static_cast<char>(c)) ? Kind::kPlain : Kind::kRefused;
  }
  for (const char c : std::string_view("!$&'()*+,=:@")) {
    kinds[static_cast<unsigned char>(c)] = Kind::kPlain;
  }
  kinds['/'] = Kind::kSlash;
  kinds['%'] = Kind::kPercent;
  kinds[';'] = Kind::kSemicolon;
  kinds['\\'] = Kind::kBackslash;
  return kinds;
}();

Kind kind_of(char c) { return kKinds[static_cast<unsigned char>(c)]; }

CanonicalPath malformed(std::string_view reason) {
  return {.refusal = PathRefusal::kMalformed, .reason = reason};
}
CanonicalPath ambiguous(std::string_view reason) {
  return {.refusal = PathRefusal::kAmbiguous, .reason = reason};
}

// Plain characters alone, and no segment that is empty or begins with a dot.
bool is_canonical_already(std::string_view raw) {
  for (size_t i = 0; i < raw.size(); ++i) {
    const Kind kind = kind_of(raw[i]);
    if (kind == Kind::kSlash) {
      if (i + 1 < raw.size() && (raw[i + 1] == '/' || raw[i + 1] == '.')) {
        return false;
      }
    } else if (kind != Kind::kPlain) {
      return false;
    }
  }
  return true;
}

// The byte of an escape at the start of `text`; -1 if it is none.
int escaped_byte(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') {
    return -1;
  }
  const int high = hex_digit_value(text[1]);
  const int low = hex_digit_value(text[2]);
  return high < 0 || low < 0 ? -1 : high << 4 | low;
}

// Writes the path with every escape in its one spelling; never longer than what was read.
class EscapeReader {
 public:
  EscapeReader(std::string_view raw, const PathOptions& options, char* to)
      : rest_(raw), options_(options), first_(to), to_(to) {}

  // Until the end or the first refusal.
  CanonicalPath read() {
    while (!rest_.empty()) {
      const CanonicalPath outcome = read_one();
      if (outcome.refusal != PathRefusal::kNone) {
        return outcome;
      }
    }
    return {.path = {first_, static_cast<size_t>(to_ - first_)}};
  }

 private:
  CanonicalPath read_one() {
    switch (kind_of(rest_.front())) {
      case Kind::kPlain:
      case Kind::kSlash: return keep(1);
      case Kind::kSemicolon: return options_.keeps_semicolon ? keep(1) : ambiguous("semicolon");
      case Kind::kBackslash: return ambiguous("backslash");
      case Kind::kPercent: return read_escape();
      case Kind::kRefused: break;
    }
    return malformed("invalid_path_byte");
  }

  CanonicalPath read_escape() {
    const int byte = escaped_byte(rest_);
    if (byte < 0) {
      return malformed("invalid_escape");
    }
    if (byte >= 0x80) {
      return read_escaped_utf8();
    }
    if (is_unreserved(static_cast<char>(byte))) {
      *to_++ = static_cast<char>(byte);
      rest_.remove_prefix(3);
      return {};
    }
    if (byte < 0x20 || byte == 0x7F) {
      return ambiguous("encoded_control");
    }
    if (byte == '\\') {
      return ambiguous("encoded_backslash");
    }
    if (byte == '/' && !options_.keeps_encoded_slash) {
      return ambiguous("encoded_slash");
    }
    if (byte == ';' && !options_.keeps_semicolon) {
      return ambiguous("semicolon");
    }
    return keep_escape();
  }

  // Bytes of one character stand in neighbouring escapes, for raw ones are refused.
  CanonicalPath read_escaped_utf8() {
    std::array<char, 4> character;
    size_t bytes = 0;
    for (int byte; bytes < character.size(); ++bytes) {
      byte = escaped_byte(rest_.substr(std::min(bytes * 3, rest_.size())));
      if (byte < 0x80) {
        break;
      }
      character[bytes] = static_cast<char>(byte);
    }
    const size_t valid = utf8_character_bytes({character.data(), bytes});
    if (valid == 0) {
      return malformed("invalid_utf8");
    }
    for (size_t i = 0; i < valid; ++i) {
      keep_escape();
    }
    return {};
  }

  CanonicalPath keep(size_t bytes) {
    to_ = std::ranges::copy(rest_.substr(0, bytes), to_).out;
    rest_.remove_prefix(bytes);
    return {};
  }

  CanonicalPath keep_escape() {
    constexpr auto upper = [](char c) { return c >= 'a' ? static_cast<char>(c - 0x20) : c; };
    *to_++ = '%';
    *to_++ = upper(rest_[1]);
    *to_++ = upper(rest_[2]);
    rest_.remove_prefix(3);
    return {};
  }

  std::string_view rest_;
  const PathOptions& options_;
  char* const first_;
  char* to_;
};

// An escaped '%' that becomes a dangerous escape once somebody decodes again, any number of times.
bool is_double_encoded(std::string_view path) {
  constexpr std::string_view kEscapedPercent = "%25";
  for (size_t at = path.find(kEscapedPercent); at != std::string_view::npos;
       at = path.find(kEscapedPercent, at + 1)) {
    std::string_view hex = path.substr(at + kEscapedPercent.size());
    while (hex.starts_with("25")) {
      hex.remove_prefix(2);
    }
    if (hex.size() < 2) {
      continue;
    }
    const int high = hex_digit_value(hex[0]);
    const int low = hex_digit_value(hex[1]);
    const int byte = high < 0 || low < 0 ? -1 : high << 4 | low;
    if (byte == '/' || byte == '\\' || byte == '.' || byte == ';' || byte == 0) {
      return true;
    }
  }
  return false;
}

bool is_dots(std::string_view segment) { return segment == "." || segment == ".."; }

// A segment with kept %2F: a reader that decodes them must find no path to walk.
bool has_walkable_part(std::string_view segment) {
  constexpr std::string_view kEscapedSlash = "%2F";
  size_t slash = segment.find(kEscapedSlash);
  if (slash == std::string_view::npos) {
    return false;
  }
  while (slash != std::string_view::npos) {
    const std::string_view part = segment.substr(0, slash);
    if (part.empty() || is_dots(part)) {
      return true;
    }
    segment.remove_prefix(slash + kEscapedSlash.size());
    slash = segment.find(kEscapedSlash);
  }
  return segment.empty() || is_dots(segment);
}

// RFC 3986 §5.2.4, in place: what is written never overtakes what is read.
CanonicalPath resolve_segments(char* path, size_t size, const PathOptions& options) {
  const std::string_view source(path, size);
  size_t written = 0;
  size_t at = 1;
  for (bool is_last = false; !is_last;) {
    const size_t slash = source.find('/', at);
    is_last = slash == std::string_view::npos;
    const std::string_view segment = source.substr(at, is_last ? slash : slash - at);
    at = slash + 1;
    if (segment == "..") {
      if (written == 0) {
        return ambiguous("above_root");
      }
      written = std::string_view(path, written).rfind('/');
    }
    if (is_dots(segment)) {
      if (is_last) {
        path[written++] = '/';
      }
      continue;
    }
    if (segment.empty() && !is_last && !options.keeps_empty_segments) {
      continue;
    }
    if (has_walkable_part(segment)) {
      return ambiguous("encoded_slash");
    }
    std::memmove(path + written + 1, segment.data(), segment.size());
    path[written] = '/';
    written += 1 + segment.size();
  }
  return {.path = {path, written}};
}

}  // namespace

CanonicalPath canonicalise_path(std::string_view raw, const PathOptions& options, Arena& arena) {
  if (!raw.starts_with('/')) {
    return malformed("invalid_path");
  }
  if (is_canonical_already(raw)) [[likely]] {
    return {.path = raw};
  }
  char* to = reinterpret_cast<char*>(arena.allocate(raw.size(), 1));
  const CanonicalPath decoded = EscapeReader(raw, options, to).read();
  if (decoded.refusal != PathRefusal::kNone) {
    return decoded;
  }
  if (is_double_encoded(decoded.path)) {
    return ambiguous("double_encoding");
  }
  DCHECK(decoded.path.data() == to);
  return resolve_segments(to, decoded.path.size(), options);
}

bool is_query(std::string_view query) noexcept {
  return std::ranges::all_of(query, [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
}

}  // namespace zerq::text
