// SPDX-License-Identifier: Apache-2.0
#include "io/socket_address.h"

#include <gtest/gtest.h>

#include <cstring>

namespace zerq::io {
namespace {

TEST(SocketAddress, TextFormsRoundTrip) {
  for (const char* text : {"127.0.0.1:8080", "0.0.0.0:0", "[::1]:8080", "[2001:db8::5]:65535"}) {
    const Result<SocketAddress> address = SocketAddress::parse(text);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_EQ(text, address->to_text());
  }
}

TEST(SocketAddress, RefusesWhatIsNoAddressWithAPort) {
  for (const char* text :
       {"", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:80x",
        "localhost:80", "::1:80", "[::1]", "[::1:80", "[127.0.0.1]:80", "127.0.0.1: 80"}) {
    EXPECT_FALSE(SocketAddress::parse(text).has_value()) << text;
  }
}

TEST(SocketAddress, TheKernelsFormRoundTrips) {
  for (const char* text : {"10.1.2.3:443", "[2001:db8::5]:443"}) {
    const SocketAddress address = *SocketAddress::parse(text);
    sockaddr_storage storage{};
    std::memcpy(&storage, address.data(), address.size());
    EXPECT_EQ(address, SocketAddress::from_sockaddr(storage));
  }
}

TEST(SocketAddress, MappedIsItsIpv4) {
  const SocketAddress mapped = *SocketAddress::parse("[::ffff:10.0.0.1]:80");
  EXPECT_EQ("10.0.0.1:80", mapped.to_text());
  EXPECT_EQ(AF_INET, mapped.data()->sa_family);
}

}  // namespace
}  // namespace zerq::io
