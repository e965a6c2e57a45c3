// SPDX-License-Identifier: Apache-2.0
#include "io/address_policy.h"

#include <ifaddrs.h>
#include <net/if.h>

#include <algorithm>
#include <cstring>

namespace zerq::io {
namespace {

// An IPv4 address within the well-known prefix of RFC 6052 is reached through a translator, so it
// is judged as that IPv4 address.
IpAddress without_translation(const IpAddress& address) {
  constexpr std::array<uint8_t, 12> kPrefix = {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};
  const std::array<uint8_t, 16>& bytes = address.mapped_bytes();
  if (address.is_v4() || !std::equal(kPrefix.begin(), kPrefix.end(), bytes.begin())) {
    return address;
  }
  uint32_t four = 0;
  for (size_t i = kPrefix.size(); i < bytes.size(); ++i) {
    four = four << 8 | bytes[i];
  }
  return IpAddress::v4(four);
}

// Not even by configuration: unspecified, multicast, link-local (with the metadata service of most
// clouds) and the IPv6 metadata address.
bool is_never_allowed(const IpAddress& address) {
  static constexpr std::array<uint8_t, 16> kMetadata = {0xfd, 0, 0x0e, 0xc2, 0, 0, 0,    0,
                                                        0,    0, 0,    0,    0, 0, 0x02, 0x54};
  return !address.is_set() || address.is_unspecified() || address.is_multicast() ||
         address.is_link_local() || address == IpAddress::v6(kMetadata);
}

}  // namespace

void AddressPolicy::add_admin_listener(const SocketAddress& listener) {
  admin_listeners.push_back(listener);
  if (!listener.ip().is_unspecified()) {
    return;
  }
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) {
    return;
  }
  for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) {
      continue;
    }
    const int family = one->ifa_addr->sa_family;
    if (family == AF_INET || family == AF_INET6) {
      sockaddr_storage storage{};
      std::memcpy(&storage, one->ifa_addr,
                  family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
      admin_listeners.emplace_back(SocketAddress::from_sockaddr(storage).ip(), listener.port());
    }
  }
  ::freeifaddrs(first);
}

bool AddressPolicy::is_allowed(const SocketAddress& address) const {
  const IpAddress ip = without_translation(address.ip());
  if (is_never_allowed(ip)) {
    return false;
  }
  const bool is_admin = std::ranges::any_of(admin_listeners, [&](const SocketAddress& listener) {
    // All of 127.0.0.0/8 reaches a listener on every address.
    return listener.port() == address.port() &&
           (listener.ip() == ip || (listener.ip().is_unspecified() && ip.is_loopback()));
  });
  return !is_admin && (allow.contains(ip) || !deny.contains(ip));
}

}  // namespace zerq::io
