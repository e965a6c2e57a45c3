// SPDX-License-Identifier: Apache-2.0
#include "base/ip_address.h"

#include <gtest/gtest.h>

namespace zerq {
namespace {

TEST(IpAddress, TextFormsRoundTrip) {
  for (const char* text : {"0.0.0.0", "10.1.2.3", "255.255.255.255", "::", "::1", "2001:db8::5",
                           "fe80::1", "2001:db8:0:1:1:1:1:1"}) {
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_text(), text);
  }
}

TEST(IpAddress, RefusesWhatIsNoAddress) {
  for (const char* text :
       {"", "1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.256", " 1.2.3.4", "1.2.3.4 ", "[::1]",
        "::1%lo", "1.2.3.4:80", "fe80::1::2", "g::1", "0x1.2.3.4"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0", 8)));
  EXPECT_FALSE(IpAddress::parse(std::string(100, '1')));
}

TEST(IpAddress, MappedIsItsIpv4) {
  const auto mapped = IpAddress::parse("::ffff:10.0.0.1");
  ASSERT_TRUE(mapped);
  EXPECT_TRUE(mapped->is_v4());
  EXPECT_EQ(*mapped, IpAddress::v4(0x0A000001));
  EXPECT_EQ(mapped->to_text(), "10.0.0.1");
  EXPECT_EQ(mapped->v4_host_order(), 0x0A000001U);
}

TEST(IpAddress, KnowsSpecialRanges) {
  const auto is = [](const char* text) { return *IpAddress::parse(text); };
  EXPECT_TRUE(is("127.9.9.9").is_loopback() && is("::1").is_loopback());
  EXPECT_FALSE(is("128.0.0.1").is_loopback() || is("::2").is_loopback());
  for (const char* text :
       {"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "fd00::1"}) {
    EXPECT_TRUE(is(text).is_private()) << text;
  }
  for (const char* text : {"11.0.0.1", "172.32.0.1", "192.169.0.1", "100.128.0.1", "fe00::1"}) {
    EXPECT_FALSE(is(text).is_private()) << text;
  }
  EXPECT_TRUE(is("169.254.169.254").is_link_local() && is("fe80::1").is_link_local());
  EXPECT_TRUE(is("0.0.0.0").is_unspecified() && is("::").is_unspecified());
  EXPECT_TRUE(is("224.0.0.1").is_multicast() && is("ff02::1").is_multicast());
  EXPECT_FALSE(IpAddress().is_unspecified());
}

struct BlockCase {
  const char* block;
  const char* inside;
  const char* outside;
};

TEST(CidrBlock, ContainsExactlyItsAddresses) {
  for (const BlockCase& c : {BlockCase{"10.0.0.0/8", "10.255.0.1", "11.0.0.0"},
                             BlockCase{"192.0.2.7", "192.0.2.7", "192.0.2.8"},
                             BlockCase{"192.0.2.0/31", "192.0.2.1", "192.0.2.2"},
                             BlockCase{"0.0.0.0/0", "255.255.255.255", "::1"},
                             BlockCase{"::/0", "2001:db8::1", "10.0.0.1"},
                             BlockCase{"2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1"},
                             BlockCase{"::ffff:10.0.0.0/104", "10.9.9.9", "11.0.0.0"}}) {
    const auto block = CidrBlock::parse(c.block);
    ASSERT_TRUE(block) << c.block;
    EXPECT_TRUE(block->contains(*IpAddress::parse(c.inside))) << c.block;
    EXPECT_FALSE(block->contains(*IpAddress::parse(c.outside))) << c.block;
    EXPECT_FALSE(block->contains(IpAddress()));
  }
}

TEST(CidrBlock, RefusesHostBitsAndNonsense) {
  for (const char* text :
       {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/8x",
        "2001:db8::1/32", "::/129", "/8", "", "10.0.0.0/8/8", "::ffff:10.0.0.0/8"}) {
    EXPECT_FALSE(CidrBlock::parse(text)) << text;
  }
}

TEST(CidrBlock, TextFormNamesThePrefix) {
  EXPECT_EQ(CidrBlock::parse("10.0.0.0/8")->to_text(), "10.0.0.0/8");
  EXPECT_EQ(CidrBlock::parse("::1")->to_text(), "::1/128");
}

TEST(CidrSet, ContainsTheUnion) {
  CidrSet set;
  EXPECT_TRUE(set.is_empty());
  EXPECT_FALSE(set.contains(*IpAddress::parse("10.0.0.1")));
  set.add(*CidrBlock::parse("10.0.0.0/8"));
  set.add(*CidrBlock::parse("::1"));
  EXPECT_TRUE(set.contains(*IpAddress::parse("10.0.0.1")));
  EXPECT_TRUE(set.contains(*IpAddress::parse("::1")));
  EXPECT_FALSE(set.contains(*IpAddress::parse("::2")));
}

}  // namespace
}  // namespace zerq
