// SPDX-License-Identifier: Apache-2.0
#include "filters/client_address.h"

#include <algorithm>
#include <optional>

namespace zerq::filters {
namespace {

constexpr int kHopsMax = 32;

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const size_t first = text.find_first_not_of(kBlank);
  return first == text.npos ? std::string_view{}
                            : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool is_port(std::string_view text) {
  constexpr size_t kDigitsMax = 5;
  return !text.empty() && text.size() <= kDigitsMax &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// "1.2.3.4", "1.2.3.4:80", "::1", "[::1]", "[::1]:80".
std::optional<IpAddress> parse_hop(std::string_view text) {
  text = trim(text);
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == text.npos || text.find(':') > end) {  // Brackets are for IPv6.
      return std::nullopt;
    }
    const std::string_view behind = text.substr(end + 1);
    const bool is_sound = behind.empty() || (behind[0] == ':' && is_port(behind.substr(1)));
    return is_sound ? IpAddress::parse(text.substr(1, end - 1)) : std::nullopt;
  }
  if (std::ranges::count(text, ':') == 1) {
    const size_t colon = text.find(':');
    return is_port(text.substr(colon + 1)) ? IpAddress::parse(text.substr(0, colon)) : std::nullopt;
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
