// SPDX-License-Identifier: Apache-2.0
#include "control/target_url.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/ip_address.h"

namespace zerq::control {
namespace {

constexpr size_t kHostBytesMax = 253;
constexpr size_t kLabelBytesMax = 63;

// RFC 1123 §2.1, and the underscore that service names have.
bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kLabelBytesMax && label.front() != '-' &&
         std::ranges::all_of(label, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

bool is_host_name(std::string_view host) {
  if (host.size() > kHostBytesMax) {
    return false;
  }
  while (true) {
    const size_t dot = host.find('.');
    if (!is_label(host.substr(0, dot))) {
      return false;
    }
    if (dot == std::string_view::npos) {
      return true;
    }
    host.remove_prefix(dot + 1);
  }
}

}  // namespace

std::optional<std::string> parse_host(std::string_view text) {
  if (text.contains(':')) {
    if (text.starts_with('[') && text.ends_with(']')) {
      text = text.substr(1, text.size() - 2);
    }
    return IpAddress::parse(text).has_value() ? std::optional<std::string>(text) : std::nullopt;
  }
  std::string host(text);
  std::ranges::transform(host, host.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return is_host_name(host) ? std::optional(std::move(host)) : std::nullopt;
}

std::optional<TargetUrl> parse_target_url(const config::Placed<std::string>& url,
                                          config::Diagnostics& problems) {
  if (!url.is_set()) {
    return std::nullopt;
  }
  const auto refuse = [&](std::string allowed) -> std::optional<TargetUrl> {
    // User info is a secret.
    problems.error(url.place, url.path,
                   url.value.contains('@') ? "a URL with user info" : url.value,
                   std::move(allowed));
    return std::nullopt;
  };
  std::string_view rest = url.value;
  if (rest.starts_with("https://")) {
    return refuse("not_supported: https; http://HOST[:PORT][/PATH]");
  }
  constexpr std::string_view kScheme = "http://";
  if (!rest.starts_with(kScheme)) {
    return refuse("http://HOST[:PORT][/PATH]");
  }
  rest.remove_prefix(kScheme.size());
  if (rest.find_first_of("?#@") != std::string_view::npos) {
    return refuse("no query, no fragment, no user info");
  }
  TargetUrl target;
  const size_t slash = rest.find('/');
  target.path = slash == std::string_view::npos ? "" : std::string(rest.substr(slash));
  std::string_view authority = rest.substr(0, slash);
  std::string_view port;
  if (authority.starts_with('[')) {
    const size_t end = authority.find(']');
    if (end == std::string_view::npos) {
      return refuse("an IPv6 address ends in ]");
    }
    port = authority.substr(end + 1);
    target.host = std::string(authority.substr(1, end - 1));
    if (!target.host.contains(':') || !IpAddress::parse(target.host).has_value()) {
      return refuse("an IPv6 address in brackets");
    }
  } else {
    const size_t colon = authority.find(':');
    port = colon == std::string_view::npos ? std::string_view{} : authority.substr(colon);
    std::optional<std::string> host = parse_host(authority.substr(0, colon));
    if (!host.has_value()) {
      return refuse("a host name or an IP address");
    }
    target.host = *std::move(host);
  }
  if (!port.empty()) {
    const std::string_view digits = port.substr(1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), target.port);
    if (port[0] != ':' || error != std::errc{} || end != digits.data() + digits.size() ||
        target.port == 0) {
      return refuse("a port from 1 to 65535");
    }
  }
  return target;
}

}  // namespace zerq::control
