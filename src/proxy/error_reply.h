// SPDX-License-Identifier: Apache-2.0
// The one table of what a caller sees when the gateway itself answers (semantics §8): code →
// status, message, and whether the connection survives. The only place that decides.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/reply_code.h"
#include "io/io_buffer.h"
#include "proxy/exchange_state.h"

namespace zerq::proxy {

struct ReplyRule {
  uint16_t status;            // As recorded; 0 for codes that never become an answer.
  std::string_view code;      // `error` in the body and in the record.
  std::string_view message;   // Fixed text; never an address, a path of ours, a secret.
  bool closes = false;        // The framing is in doubt: the connection ends.
  uint8_t retry_after_s = 0;  // 0: no Retry-After, or one computed elsewhere (429).
};

const ReplyRule& reply_rule(http::ReplyCode code) noexcept;

// Appends the whole answer for `state.reply` to `out` and sets status and connection fate.
void write_error_reply(ExchangeState& state, io::BufferChain& out);

}  // namespace zerq::proxy
