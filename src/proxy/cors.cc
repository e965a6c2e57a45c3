// SPDX-License-Identifier: Apache-2.0
#include "proxy/cors.h"

#include <algorithm>

namespace zerq::proxy {
namespace {

constexpr std::string_view kPrefix = "Access-Control-";

bool ends_with_ignoring_case(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         http::equals_ignoring_case(text.substr(text.size() - end.size()), end);
}

// Of https://*.x: one label more, as with hosts.
bool is_below(std::string_view origin, std::string_view scheme, std::string_view domain) {
  if (origin.size() <= scheme.size() + domain.size() ||
      !http::equals_ignoring_case(origin.substr(0, scheme.size()), scheme) ||
      !ends_with_ignoring_case(origin, domain)) {
    return false;
  }
  origin.remove_prefix(scheme.size());
  origin.remove_suffix(domain.size());
  return origin.find_first_of(".:/@") == std::string_view::npos;
}

}  // namespace

std::string_view allowed_origin(const CorsRules& rules, std::string_view origin) noexcept {
  if (rules.allows_any) {
    return "*";
  }
  if (origin.empty()) {
    return {};
  }
  for (const std::string& exact : rules.exact) {
    if (http::equals_ignoring_case(exact, origin)) {
      return origin;
    }
  }
  for (size_t i = 0; i + 1 < rules.below.size(); i += 2) {
    if (is_below(origin, rules.below[i], rules.below[i + 1])) {
      return origin;
    }
  }
  return {};
}

bool is_preflight(const http::RequestHead& head) noexcept {
  return head.method == http::Method::kOptions &&
         head.headers.find(http::KnownHeader::kOrigin) != nullptr &&
         head.headers.find("Access-Control-Request-Method") != nullptr;
}

std::string_view asked_headers(const http::RequestHead& head) noexcept {
  const http::Header* asked = head.headers.find("Access-Control-Request-Headers");
  if (asked == nullptr) {
    return {};
  }
  const bool is_list = std::ranges::all_of(asked->value, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~, ").find(c) != std::string_view::npos;
  });
  return is_list ? asked->value : std::string_view();
}

bool is_cors_header(std::string_view name) noexcept {
  return name.size() > kPrefix.size() &&
         http::equals_ignoring_case(name.substr(0, kPrefix.size()), kPrefix);
}

}  // namespace zerq::proxy
