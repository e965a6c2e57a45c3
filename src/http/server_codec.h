// SPDX-License-Identifier: Apache-2.0
// The peer's side of HTTP/1.1 without I/O: bytes of a peer → request heads (RFC 9110, RFC 9112);
// bodies are http/body_decoder.h, answers http/h1_writer.h. Stateless, so that an idle connection
// holds nothing. A refusal says which reply it deserves, and after any refusal the connection
// closes, for nobody knows where the next request would begin.
#pragma once

#include <string_view>

#include "http/body_decoder.h"
#include "http/client_codec.h"
#include "http/head_parse.h"
#include "http/message_head.h"

namespace zerq::http {

// Parses one request head at the start of `bytes`. On kComplete, `head` views a copy in `arena`.
// `scanned` remembers across calls how far the search for the end of the head came (0 at first).
// On kRefused `head` holds what was parsed until then (null fields are empty views).
HeadParse parse_request_head(std::string_view bytes, size_t& scanned, const HeadLimits& limits,
                             Arena& arena, RequestHead& head);

}  // namespace zerq::http
