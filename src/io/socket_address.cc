// SPDX-License-Identifier: Apache-2.0
#include "io/socket_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>
#include <cstring>

namespace zerq::io {
namespace {

sockaddr_in& as_v4(sockaddr_storage& storage) { return reinterpret_cast<sockaddr_in&>(storage); }
const sockaddr_in& as_v4(const sockaddr_storage& storage) {
  return reinterpret_cast<const sockaddr_in&>(storage);
}
sockaddr_in6& as_v6(sockaddr_storage& storage) { return reinterpret_cast<sockaddr_in6&>(storage); }
const sockaddr_in6& as_v6(const sockaddr_storage& storage) {
  return reinterpret_cast<const sockaddr_in6&>(storage);
}

}  // namespace

SocketAddress::SocketAddress(IpAddress ip, uint16_t port) {
  if (ip.is_v4()) {
    storage_.ss_family = AF_INET;
    as_v4(storage_).sin_addr.s_addr = htonl(ip.v4_host_order());
    as_v4(storage_).sin_port = htons(port);
  } else {
    storage_.ss_family = AF_INET6;
    std::memcpy(&as_v6(storage_).sin6_addr, ip.mapped_bytes().data(), 16);
    as_v6(storage_).sin6_port = htons(port);
  }
}

Result<SocketAddress> SocketAddress::parse(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return fail(ErrorCode::kMalformed, "no port");
  }
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return fail(ErrorCode::kMalformed, "an IPv6 address needs brackets");
  }
  const std::optional<IpAddress> ip = IpAddress::parse(host);
  const bool has_brackets = text.front() == '[';
  if (!ip.has_value() || has_brackets != host.contains(':')) {
    return fail(ErrorCode::kMalformed, "not an IP address");
  }
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size() || digits.empty()) {
    return fail(ErrorCode::kMalformed, "not a port");
  }
  return SocketAddress(*ip, port);
}

SocketAddress SocketAddress::from_sockaddr(const sockaddr_storage& storage) {
  SocketAddress address;
  address.storage_ = storage;
  return address;
}

socklen_t SocketAddress::size() const {
  return storage_.ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
}

IpAddress SocketAddress::ip() const {
  if (storage_.ss_family == AF_INET) {
    return IpAddress::v4(ntohl(as_v4(storage_).sin_addr.s_addr));
  }
  if (storage_.ss_family == AF_INET6) {
    std::array<uint8_t, 16> bytes;
    std::memcpy(bytes.data(), &as_v6(storage_).sin6_addr, bytes.size());
    return IpAddress::v6(bytes);
  }
  return {};
}

uint16_t SocketAddress::port() const {
  return ntohs(storage_.ss_family == AF_INET ? as_v4(storage_).sin_port
                                             : as_v6(storage_).sin6_port);
}

std::string SocketAddress::to_text() const {
  const IpAddress address = ip();
  return address.is_v4() ? fmt::format("{}:{}", address.to_text(), port())
                         : fmt::format("[{}]:{}", address.to_text(), port());
}

}  // namespace zerq::io
