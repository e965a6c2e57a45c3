// SPDX-License-Identifier: Apache-2.0
// The authority of a request: `Host`, an absolute-form target's, or :authority (RFC 9110 §7.2).
// Pure; views into the caller's bytes. Which collection serves a host is proxy/route_table.h.
#pragma once

#include <string_view>

namespace zerq::http {

// A name of letters, digits and "-._~", an IPv4 address, or an IPv6 address in brackets; then
// perhaps ":port", 0–65535. Accepts less than RFC 3986 §3.2.2: no user information, no escapes or
// sub-delimiters, no empty port, at most 255 characters of name.
bool is_authority(std::string_view text) noexcept;

// The authority without its port; brackets stay. Precondition: is_authority().
std::string_view host_of_authority(std::string_view authority) noexcept;

}  // namespace zerq::http
