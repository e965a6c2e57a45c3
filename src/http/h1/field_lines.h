// SPDX-License-Identifier: Apache-2.0
// Field lines (RFC 9112 §5) of a head or of a trailer section → HeaderList. Pure; names and values
// are views into `lines`. Control characters were refused before (h1/head_scan.h).
#pragma once

#include <cstdint>
#include <string_view>

#include "http/header_list.h"

namespace zerq::http::h1 {

// tchar of RFC 9110 §5.6.2.
bool is_token_character(char c) noexcept;
bool is_token(std::string_view text) noexcept;

// What follows the last byte of `lines` in memory, readable and without meaning: it lets the search
// for the end of a value look at sixteen bytes at once.
inline constexpr size_t kReadablePadding = 16;

// `lines` is whole lines, each ended by CRLF, without the empty one at the end. Returns why it
// refuses, or an empty view. "too_many_headers" is told before a later line's mistakes.
std::string_view parse_field_lines(std::string_view lines, uint32_t fields_max,
                                   HeaderList& to) noexcept;

// Calls visit(member) for each non-empty member of a comma-separated list without quoted strings.
template <class Visit>
void for_each_list_member(std::string_view value, Visit&& visit) {
  while (!value.empty()) {
    const size_t comma = value.find(',');
    std::string_view member = value.substr(0, comma);
    value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
    const size_t first = member.find_first_not_of(" \t");
    if (first != std::string_view::npos) {
      visit(member.substr(first, member.find_last_not_of(" \t") - first + 1));
    }
  }
}

}  // namespace zerq::http::h1
