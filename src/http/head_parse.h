// SPDX-License-Identifier: Apache-2.0
// What both head parsers take and tell: http/server_codec.h and http/client_codec.h. Values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/reply_code.h"

namespace zerq::http {

struct HeadLimits {
  uint32_t head_bytes_max = 65536;
  uint32_t headers_max = 256;
  uint32_t target_bytes_max = 16384;
};

// Outcome of looking at the bytes that are there.
struct HeadParse {
  enum class State : uint8_t { kIncomplete, kComplete, kRefused };
  State state = State::kIncomplete;
  size_t consumed = 0;  // kComplete: bytes of the head, its leading empty lines included.
  ReplyCode reply = ReplyCode::kNone;
  std::string_view reason = {};  // kRefused: static text for the record, "two_content_lengths".
};

}  // namespace zerq::http
