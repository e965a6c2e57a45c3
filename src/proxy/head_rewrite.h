// SPDX-License-Identifier: Apache-2.0
// The heads that the gateway sends, both ways: which headers pass, which are dropped, which are
// ours (semantics §5; RFC 9110 §7.6.1). Framing is always re-made here, never copied.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/message_head.h"
#include "io/io_buffer.h"
#include "proxy/exchange_state.h"

namespace zerq::proxy {

// How a body is framed on the connection it is written to.
struct BodyFraming {
  http::Framing framing = http::Framing::kNone;
  uint64_t content_length = 0;
};

// The request as it goes to the upstream: the caller's headers less the removed, then configured
// headers, then the gateway's.
void write_upstream_head(ExchangeState& state, BodyFraming body, io::BufferChain& out);

// The upstream's final or informational head as it goes to the caller. `body.framing` kUntilClose
// (HTTP/1.0 callers) implies that the connection closes.
void write_client_head(ExchangeState& state, const http::ResponseHead& response, BodyFraming body,
                       io::BufferChain& out);

// An answer that the gateway makes itself.
struct LocalReply {
  uint16_t status = 200;
  std::string_view content_type;  // Empty: none.
  uint64_t body_bytes = 0;
  uint32_t retry_after_s = 0;
  std::string_view allow;  // Beside what `state.reply` demands.
};
void write_local_head(ExchangeState& state, const LocalReply& reply, io::BufferChain& out);

}  // namespace zerq::proxy
