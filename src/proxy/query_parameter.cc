// SPDX-License-Identifier: Apache-2.0
#include "proxy/query_parameter.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace zerq::proxy {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

void append_escaped(std::string_view text, std::string& to) {
  for (const char c : text) {
    if (is_unreserved(c)) {
      to += c;
      continue;
    }
    const auto byte = static_cast<uint8_t>(c);
    to += '%';
    to += kHexDigits[byte >> 4];
    to += kHexDigits[byte & 15];
  }
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// As application/x-www-form-urlencoded is read: '+' is a space, a bad escape is itself.
char take_decoded(std::string_view& text) {
  const char c = text.front();
  if (c == '%' && text.size() >= 3 && hex_value(text[1]) >= 0 && hex_value(text[2]) >= 0) {
    const char decoded = static_cast<char>(hex_value(text[1]) * 16 + hex_value(text[2]));
    text.remove_prefix(3);
    return decoded;
  }
  text.remove_prefix(1);
  return c == '+' ? ' ' : c;
}

bool is_named(std::string_view pair, std::string_view name) {
  std::string_view written = pair.substr(0, pair.find('='));
  while (!written.empty() && !name.empty()) {
    if (take_decoded(written) != name.front()) {
      return false;
    }
    name.remove_prefix(1);
  }
  return written.empty() && name.empty();
}

char* append(char* to, std::string_view text) { return std::ranges::copy(text, to).out; }

}  // namespace

QueryParameter make_query_parameter(std::string_view name, std::string_view value) {
  QueryParameter parameter{.name = std::string(name)};
  append_escaped(name, parameter.pair);
  parameter.pair += '=';
  append_escaped(value, parameter.pair);
  return parameter;
}

std::string_view with_parameter(std::string_view target, const QueryParameter& parameter,
                                Arena& arena) {
  const size_t mark = std::min(target.find('?'), target.size());
  std::string_view query = target.substr(std::min(mark + 1, target.size()));
  const size_t bytes_max = target.size() + 2 + parameter.pair.size();
  char* const first = reinterpret_cast<char*>(arena.allocate(bytes_max, 1));
  char* to = append(first, target.substr(0, mark));
  char separator = '?';
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (!is_named(pair, parameter.name)) {
      *to++ = std::exchange(separator, '&');
      to = append(to, pair);
    }
  }
  *to++ = separator;
  to = append(to, parameter.pair);
  return {first, static_cast<size_t>(to - first)};
}

}  // namespace zerq::proxy
