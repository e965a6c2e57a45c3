// SPDX-License-Identifier: Apache-2.0
// UTF-8 as RFC 3629 defines it: no overlong forms, surrogates or code points above U+10FFFF.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace zerq::text {

// Bytes of the character that `text` begins with; 0 when it is not valid or incomplete.
size_t utf8_character_bytes(std::string_view text) noexcept;
bool is_utf8(std::string_view text) noexcept;

}  // namespace zerq::text
