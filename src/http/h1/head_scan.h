// SPDX-License-Identifier: Apache-2.0
// The search for the empty line that ends a head. In the same pass it refuses what is allowed
// nowhere in a head: bare CR, bare LF, NUL and every other control but HTAB (RFC 9112 §2.2,
// RFC 9110 §5.5). Pure. What the lines say is h1/field_lines.h and the two head parsers.
#pragma once

#include <cstddef>
#include <string_view>

namespace zerq::http::h1 {

struct HeadScan {
  enum class State { kIncomplete, kEnd, kRefused };
  State state = State::kIncomplete;
  // kIncomplete: where to go on. kEnd: just behind the empty line. kRefused: the bad byte.
  size_t at = 0;
  std::string_view reason = {};  // kRefused.
};

// Looks at bytes[from…]; what lies before was scanned already.
HeadScan scan_head(std::string_view bytes, size_t from) noexcept;
HeadScan scan_head_scalar(std::string_view bytes, size_t from) noexcept;

// Where the first control character of `text` is, HTAB apart; text.size() if there is none.
size_t find_control(std::string_view text) noexcept;
size_t find_control_scalar(std::string_view text) noexcept;

}  // namespace zerq::http::h1
