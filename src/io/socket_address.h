// SPDX-License-Identifier: Apache-2.0
// An IP address with a port, as the kernel takes it. Value type.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ip_address.h"
#include "base/result.h"

namespace zerq::io {

class SocketAddress {
 public:
  SocketAddress() = default;
  SocketAddress(IpAddress ip, uint16_t port);
  // "127.0.0.1:8080", "[::1]:8080"; no names.
  static Result<SocketAddress> parse(std::string_view text);
  static SocketAddress from_sockaddr(const sockaddr_storage& storage);

  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const;
  // IPv4-mapped IPv6 comes back as IPv4.
  IpAddress ip() const;
  uint16_t port() const;
  std::string to_text() const;

  friend bool operator==(const SocketAddress& a, const SocketAddress& b) {
    return a.ip() == b.ip() && a.port() == b.port();
  }

 private:
  sockaddr_storage storage_{};
};

}  // namespace zerq::io
