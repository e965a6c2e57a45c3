// SPDX-License-Identifier: Apache-2.0
#include "http/authority.h"

#include <algorithm>
#include <cstdint>

namespace zerq::http {
namespace {

constexpr size_t kHostBytesMax = 255;
constexpr size_t kPortDigitsMax = 5;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr bool is_name_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

// Its shape only: an address that does not exist matches no configured host.
bool is_ipv6_shape(std::string_view text) {
  constexpr size_t kAddressBytesMax = 45;
  return text.size() <= kAddressBytesMax && std::ranges::count(text, ':') >= 2 &&
         text.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > kPortDigitsMax || !std::ranges::all_of(text, is_digit)) {
    return false;
  }
  uint32_t port = 0;
  for (const char c : text) {
    port = port * 10 + static_cast<uint32_t>(c - '0');
  }
  return port <= 65535;
}

}  // namespace

std::string_view host_of_authority(std::string_view authority) noexcept {
  if (authority.starts_with('[')) {
    const size_t end = authority.find(']');
    return end == std::string_view::npos ? authority : authority.substr(0, end + 1);
  }
  return authority.substr(0, authority.find(':'));
}

bool is_authority(std::string_view text) noexcept {
  const std::string_view host = host_of_authority(text);
  if (host.empty() || host.size() > kHostBytesMax) {
    return false;
  }
  if (host.front() == '[') {
    if (host.back() != ']' || !is_ipv6_shape(host.substr(1, host.size() - 2))) {
      return false;
    }
  } else if (!std::ranges::all_of(host, is_name_character)) {
    return false;
  }
  const std::string_view rest = text.substr(host.size());
  return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
}

}  // namespace zerq::http
