// SPDX-License-Identifier: Apache-2.0
// The fields that say how a message is framed and whether its connection stays (RFC 9112 §6, §9.3).
// Anything two readers could take differently is refused, in requests and responses alike. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/message_head.h"

namespace zerq::http::h1 {

struct FramingFields {
  std::string_view refusal;  // Empty: the rest is valid.
  bool is_chunked = false;
  bool has_length = false;
  uint64_t length = 0;
};

FramingFields read_framing_fields(const HeaderList& headers, Version version) noexcept;

// RFC 9112 §9.3: "close" wins; HTTP/1.0 stays only if asked to.
bool wants_keep_alive(const HeaderList& headers, Version version) noexcept;

// A whole head in the arena, with kReadablePadding bytes behind it.
std::string_view copy_head(std::string_view bytes, Arena& arena) noexcept;

// "HTTP/1.0" or "HTTP/1.1", else a reason; "version_not_supported" for a well-formed other one.
std::string_view parse_version(std::string_view text, Version& version) noexcept;

}  // namespace zerq::http::h1
