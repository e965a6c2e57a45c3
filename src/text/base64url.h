// SPDX-License-Identifier: Apache-2.0
// base64url without padding (RFC 4648 §5), strict: '=', white space, the '+' and '/' of plain
// base64, an impossible length and non-zero unused bits are refused, so that every byte string has
// exactly one text. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace zerq::text {

constexpr size_t base64url_text_bytes(size_t bytes) { return (bytes * 4 + 2) / 3; }
// Exact for every valid text.
constexpr size_t base64url_decoded_bytes(size_t text_bytes) { return text_bytes * 3 / 4; }

// Writes base64url_text_bytes(bytes.size()) characters, no terminator.
void write_base64url(Bytes bytes, char* to) noexcept;
std::string to_base64url(Bytes bytes);

// Decodes into `to`, which holds at least base64url_decoded_bytes(text.size()): the bytes written.
std::optional<size_t> decode_base64url(std::string_view text, MutableBytes to) noexcept;
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace zerq::text
