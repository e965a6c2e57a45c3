// SPDX-License-Identifier: Apache-2.0
#include "filters/client_address.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace zerq::filters {
namespace {

// Trusted: 10.0.0.0/8, 2001:db8::/32.
ClientAddress walk(std::string_view peer, const std::vector<std::string>& fields) {
  HeapBlocks blocks;
  Arena arena(blocks);
  http::HeaderList headers(arena);
  headers.add("Host", "g");
  for (const std::string& field : fields) {
    headers.add("X-Forwarded-For", field);
    headers.add("Accept", "*/*");
  }
  CidrSet trusted;
  trusted.add(CidrBlock::parse("10.0.0.0/8").value());
  trusted.add(CidrBlock::parse("2001:db8::/32").value());
  return find_client_address(IpAddress::parse(peer).value(), headers, trusted);
}

struct Walk {
  const char* peer;
  std::vector<std::string> fields;
  const char* client;
};

TEST(ClientAddress, FollowsTrustedHopsFromTheRight) {
  const std::vector<Walk> walks = {
      // An untrusted peer is believed nothing.
      {"192.0.2.1", {}, "192.0.2.1"},
      {"192.0.2.1", {"198.51.100.7"}, "192.0.2.1"},
      {"192.0.2.1", {"198.51.100.7, 10.0.0.5"}, "192.0.2.1"},
      // A trusted one: the first that is not trusted.
      {"10.0.0.1", {}, "10.0.0.1"},
      {"10.0.0.1", {"198.51.100.7"}, "198.51.100.7"},
      {"10.0.0.1", {"203.0.113.9, 198.51.100.7"}, "198.51.100.7"},
      {"10.0.0.1", {"203.0.113.9, 198.51.100.7, 10.0.0.5"}, "198.51.100.7"},
      {"10.0.0.1", {"198.51.100.7,10.0.0.5,10.0.0.6"}, "198.51.100.7"},
      {"2001:db8::1", {"198.51.100.7, 2001:db8::2"}, "198.51.100.7"},
      // Several fields are one list (RFC 9110 §5.3).
      {"10.0.0.1", {"203.0.113.9", "198.51.100.7"}, "198.51.100.7"},
      {"10.0.0.1", {"198.51.100.7", "10.0.0.5"}, "198.51.100.7"},
      {"10.0.0.1", {"198.51.100.7", "10.0.0.5, 10.0.0.6"}, "198.51.100.7"},
      // All trusted: the leftmost.
      {"10.0.0.1", {"10.0.0.2, 10.0.0.3"}, "10.0.0.2"},
      {"10.0.0.1", {"10.0.0.2", "10.0.0.3"}, "10.0.0.2"},
      // What is no address stops the walk at its right neighbour.
      {"10.0.0.1", {"unknown"}, "10.0.0.1"},
      {"10.0.0.1", {""}, "10.0.0.1"},
      {"10.0.0.1", {"198.51.100.7, unknown, 10.0.0.5"}, "10.0.0.5"},
      {"10.0.0.1", {"198.51.100.7,, 10.0.0.5"}, "10.0.0.5"},
      {"10.0.0.1", {"198.51.100.7, 10.0.0.5,"}, "10.0.0.1"},
      {"10.0.0.1", {"198.51.100.7, _hidden"}, "10.0.0.1"},
      {"10.0.0.1", {"198.51.100.7 10.0.0.5"}, "10.0.0.1"},
      {"10.0.0.1", {"010.0.0.5"}, "10.0.0.1"},
      {"10.0.0.1", {"for=198.51.100.7"}, "10.0.0.1"},
      {"10.0.0.1", {"198.51.100.7/32"}, "10.0.0.1"},
      // White space.
      {"10.0.0.1", {" \t198.51.100.7\t , \t10.0.0.5 "}, "198.51.100.7"},
      // IPv4-mapped is IPv4, trusted ones and the peer too.
      {"10.0.0.1", {"::ffff:198.51.100.7"}, "198.51.100.7"},
      {"::ffff:10.0.0.1", {"198.51.100.7, ::ffff:10.0.0.5"}, "198.51.100.7"},
      // Ports and brackets.
      {"10.0.0.1", {"198.51.100.7:4711, 10.0.0.5:80"}, "198.51.100.7"},
      {"10.0.0.1", {"2001:0DB9::7"}, "2001:db9::7"},
      {"10.0.0.1", {"[2001:db9::7]"}, "2001:db9::7"},
      {"10.0.0.1", {"[2001:db9::7]:443, [2001:db8::2]"}, "2001:db9::7"},
      {"10.0.0.1", {"[::ffff:198.51.100.7]:1"}, "198.51.100.7"},
      {"10.0.0.1", {"198.51.100.7:"}, "10.0.0.1"},
      {"10.0.0.1", {"198.51.100.7:http"}, "10.0.0.1"},
      {"10.0.0.1", {"198.51.100.7:123456"}, "10.0.0.1"},
      {"10.0.0.1", {"[198.51.100.7]"}, "10.0.0.1"},
      {"10.0.0.1", {"[2001:db9::7"}, "10.0.0.1"},
      {"10.0.0.1", {"2001:db9::7]"}, "10.0.0.1"},
      {"10.0.0.1", {"[2001:db9::7]443"}, "10.0.0.1"},
      {"10.0.0.1", {"[2001:db9::7]:"}, "10.0.0.1"},
      {"10.0.0.1", {"[]"}, "10.0.0.1"},
      {"10.0.0.1", {"["}, "10.0.0.1"},
      {"10.0.0.1", {"fe80::1%eth0"}, "10.0.0.1"},
  };
  for (const Walk& w : walks) {
    std::string shown = std::string(w.peer) + " ←";
    for (const std::string& field : w.fields) {
      shown += " {" + field + "}";
    }
    EXPECT_EQ(walk(w.peer, w.fields).client_ip.to_text(), w.client) << shown;
  }
}

TEST(ClientAddress, SaysWhetherThePeerIsTrusted) {
  EXPECT_TRUE(walk("10.0.0.1", {}).peer_is_trusted);
  EXPECT_TRUE(walk("::ffff:10.0.0.1", {}).peer_is_trusted);
  EXPECT_FALSE(walk("192.0.2.1", {"10.0.0.1"}).peer_is_trusted);
}

TEST(ClientAddress, GoesThirtyTwoHopsFar) {
  std::string hops = "10.0.1.1";
  for (int i = 2; i <= 32; ++i) {
    hops += ", 10.0.1." + std::to_string(i);
  }
  EXPECT_EQ(walk("10.0.0.1", {hops}).client_ip.to_text(), "10.0.1.1");
  EXPECT_EQ(walk("10.0.0.1", {"198.51.100.7, " + hops}).client_ip.to_text(), "10.0.1.1");
  EXPECT_EQ(walk("10.0.0.1", {"198.51.100.7", hops}).client_ip.to_text(), "10.0.1.1");
}

}  // namespace
}  // namespace zerq::filters
