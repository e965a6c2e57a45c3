// SPDX-License-Identifier: Apache-2.0
#include "filters/client_address.h"

#include <algorithm>
#include <optional>

namespace zerq::filters {
namespace {

constexpr int kHopsMax = 32;

// "1.2.3.4", "1.2.3.4:80", "::1", "[::1]", "[::1]:80".
std::optional<IpAddress> parse_hop(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  if (!text.empty() && text.front() == '[') {
    const size_t end = text.find(']');
    if (end == std::string_view::npos || (end + 1 < text.size() && text[end + 1] != ':')) {
      return std::nullopt;
    }
    return IpAddress::parse(text.substr(1, end - 1));
  }
  if (std::ranges::count(text, ':') == 1) {
    text = text.substr(0, text.find(':'));
  }
  return IpAddress::parse(text);
}

// The hops of all X-Forwarded-For fields, from the right.
class HopsFromTheRight {
 public:
  explicit HopsFromTheRight(const http::HeaderList& headers)
      : fields_(headers.all()), field_(fields_.size()) {}

  std::optional<std::string_view> next() {
    while (!has_rest_) {
      if (field_ == 0) {
        return std::nullopt;
      }
      --field_;
      if (fields_[field_].known == http::KnownHeader::kXForwardedFor) {
        rest_ = fields_[field_].value;
        has_rest_ = true;
      }
    }
    const size_t comma = rest_.rfind(',');
    const std::string_view hop = comma == std::string_view::npos ? rest_ : rest_.substr(comma + 1);
    has_rest_ = comma != std::string_view::npos;
    rest_ = has_rest_ ? rest_.substr(0, comma) : std::string_view{};
    return hop;
  }

 private:
  std::span<const http::Header> fields_;
  size_t field_;
  std::string_view rest_;
  bool has_rest_ = false;
};

}  // namespace

ClientAddress find_client_address(const IpAddress& peer, const http::HeaderList& headers,
                                  const CidrSet& trusted_proxies) {
  ClientAddress found{.client_ip = peer, .peer_is_trusted = trusted_proxies.contains(peer)};
  if (!found.peer_is_trusted) {
    return found;
  }
  HopsFromTheRight hops(headers);
  for (int i = 0; i < kHopsMax; ++i) {
    const std::optional<std::string_view> hop = hops.next();
    if (!hop.has_value()) {
      break;  // All trusted: the leftmost.
    }
    const std::optional<IpAddress> address = parse_hop(*hop);
    if (!address.has_value()) {
      break;  // It stops at its right neighbour.
    }
    found.client_ip = *address;
    if (!trusted_proxies.contains(*address)) {
      break;
    }
  }
  return found;
}

}  // namespace zerq::filters
