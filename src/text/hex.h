// SPDX-License-Identifier: Apache-2.0
// Bytes as lower-case hexadecimal text, and back. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace zerq::text {

// 0–15 for [0-9A-Fa-f], -1 for anything else.
int hex_digit_value(char c) noexcept;

// Writes 2 × bytes.size() characters, no terminator.
void write_hex(Bytes bytes, char* to) noexcept;
std::string to_hex(Bytes bytes);

// Both cases are accepted; an odd length or any other character is no hex.
std::optional<std::string> decode_hex(std::string_view text);

}  // namespace zerq::text
