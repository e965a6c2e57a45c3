// SPDX-License-Identifier: Apache-2.0
#include "http/h1/field_lines.h"

#include <algorithm>
#include <array>
#include <cstring>
#ifdef __SSE2__
#include <emmintrin.h>

#include <bit>
#endif

#include "base/check.h"

namespace zerq::http::h1 {
namespace {

constexpr std::array<bool, 256> kTokenCharacters = [] {
  std::array<bool, 256> is_allowed{};
  for (int c = 0; c < 128; ++c) {
    is_allowed[static_cast<size_t>(c)] =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) {
    is_allowed[static_cast<unsigned char>(c)] = true;
  }
  return is_allowed;
}();

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

// The CR that ends the line; there is one.
const char* find_cr(const char* from) {
#ifdef __SSE2__
  for (;; from += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    const auto bits =
        static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8('\r'))));
    if (bits != 0) {
      return from + std::countr_zero(bits);
    }
  }
#else
  while (*from != '\r') {
    ++from;
  }
  return from;
#endif
}

std::string_view why_no_name(const char* line, const char* at) {
  if (is_blank(*line)) {
    return "obs_fold";  // RFC 9112 §5.2, and §2.2 for the first line.
  }
  if (*at == ':') {
    return "empty_field_name";
  }
  if (is_blank(*at)) {
    return "space_before_colon";  // RFC 9112 §5.1.
  }
  return *at == '\r' ? "missing_colon" : "invalid_field_name";
}

}  // namespace

bool is_token_character(char c) noexcept { return kTokenCharacters[static_cast<unsigned char>(c)]; }

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, is_token_character);
}

std::string_view parse_field_lines(std::string_view lines, uint32_t fields_max,
                                   HeaderList& to) noexcept {
  DCHECK(lines.empty() || lines.ends_with("\r\n"));
  const char* at = lines.data();
  const char* const end = at + lines.size();
  while (at != end) {
    if (to.size() == fields_max) {
      return "too_many_headers";
    }
    const char* const name = at;
    while (is_token_character(*at)) {
      ++at;
    }
    if (*at != ':' || at == name) {
      return why_no_name(name, at);
    }
    const std::string_view name_text(name, static_cast<size_t>(at - name));
    ++at;
    while (is_blank(*at)) {
      ++at;
    }
    const char* const cr = find_cr(at);
    const char* value_end = cr;
    while (value_end != at && is_blank(value_end[-1])) {
      --value_end;
    }
    to.add(name_text, {at, static_cast<size_t>(value_end - at)});
    at = cr + 2;
  }
  return {};
}

}  // namespace zerq::http::h1
