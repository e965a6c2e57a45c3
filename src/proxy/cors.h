// SPDX-License-Identifier: Apache-2.0
// CORS of a collection (semantics §4): which origins may read its answers, and what a preflight is
// told. Compiled by control, immutable (rung: Snapshot). When a preflight is answered stands in
// proxy/exchange.cc, what is written where in proxy/head_rewrite.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message_head.h"

namespace zerq::proxy {

struct CorsRules {
  bool allows_any = false;               // *
  std::vector<std::string> exact;        // "https://app.example", in lower case.
  std::vector<std::string> below;        // Of https://*.x: "https://" and ".x", in this order.
  std::string answer_fields;             // Whole lines for whoever is allowed.
  std::string preflight_fields;          // More of them for a preflight.
  bool echoes_headers = true;            // allow_headers: as asked.
};

// What Access-Control-Allow-Origin says to a caller of that origin (empty: it named none); empty
// where it is not allowed.
std::string_view allowed_origin(const CorsRules& rules, std::string_view origin) noexcept;

// The Fetch standard's CORS-preflight request.
bool is_preflight(const http::RequestHead& head) noexcept;

// The names it asks for, as sent; empty where they are no list of names.
std::string_view asked_headers(const http::RequestHead& head) noexcept;

// Any Access-Control-*.
bool is_cors_header(std::string_view name) noexcept;

}  // namespace zerq::proxy
