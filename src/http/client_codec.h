// SPDX-License-Identifier: Apache-2.0
// The upstream side of HTTP/1.1 without I/O: bytes of an upstream → response heads (RFC 9112 §4,
// §6.3). What we send there is http/h1_writer.h; the body behind a head is http/body_decoder.h.
// Stateless. A refusal means that nothing of the connection may be believed any more.
#pragma once

#include <string_view>

#include "http/head_parse.h"
#include "http/message_head.h"

namespace zerq::http {

// Like parse_request_head(), for one response head. `request_method` decides HEAD. 1xx heads are
// returned like others (framing kNone); the caller goes on reading. A refusal is 502
// upstream_invalid.
HeadParse parse_response_head(std::string_view bytes, size_t& scanned, const HeadLimits& limits,
                              Method request_method, Arena& arena, ResponseHead& head);

}  // namespace zerq::http
