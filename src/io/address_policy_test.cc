// SPDX-License-Identifier: Apache-2.0
#include "io/address_policy.h"

#include <gtest/gtest.h>

namespace zerq::io {
namespace {

SocketAddress at(const char* text) { return *SocketAddress::parse(text); }
CidrSet blocks(std::initializer_list<const char*> texts) {
  CidrSet set;
  for (const char* text : texts) {
    set.add(*CidrBlock::parse(text));
  }
  return set;
}

TEST(AddressPolicy, LoopbackPrivateAndPublicAreAllowed) {
  const AddressPolicy policy;
  for (const char* text : {"127.0.0.1:80", "10.0.0.1:80", "192.168.1.1:80", "203.0.113.7:443",
                           "[::1]:80", "[fd00::1]:80", "[2001:db8::1]:80"}) {
    EXPECT_TRUE(policy.is_allowed(at(text))) << text;
  }
}

TEST(AddressPolicy, SomeAddressesAreNeverAllowed) {
  AddressPolicy policy{.allow = blocks({"0.0.0.0/0", "::/0"})};
  for (const char* text :
       {"169.254.169.254:80", "169.254.0.1:80", "[fe80::1]:80", "[febf::1]:80",
        "[fd00:ec2::254]:80", "0.0.0.0:80", "[::]:80", "224.0.0.1:80", "239.1.1.1:80",
        "[ff02::1]:80", "[::ffff:169.254.169.254]:80", "[64:ff9b::a9fe:a9fe]:80"}) {
    EXPECT_FALSE(policy.is_allowed(at(text))) << text;
  }
  EXPECT_FALSE(policy.is_allowed(SocketAddress()));
}

TEST(AddressPolicy, AllowWinsOverDeny) {
  const AddressPolicy policy{.allow = blocks({"10.1.0.0/16"}), .deny = blocks({"10.0.0.0/8"})};
  EXPECT_FALSE(policy.is_allowed(at("10.2.0.1:80")));
  EXPECT_TRUE(policy.is_allowed(at("10.1.0.1:80")));
  EXPECT_TRUE(policy.is_allowed(at("192.168.0.1:80")));
  EXPECT_FALSE(policy.is_allowed(at("[64:ff9b::a02:1]:80")));  // 10.2.0.1, translated.
}

TEST(AddressPolicy, OwnAdminListenersAreOutOfReach) {
  AddressPolicy policy{.allow = blocks({"127.0.0.0/8"})};
  policy.add_admin_listener(at("127.0.0.1:8081"));
  EXPECT_FALSE(policy.is_allowed(at("127.0.0.1:8081")));
  EXPECT_FALSE(policy.is_allowed(at("[::ffff:127.0.0.1]:8081")));
  EXPECT_TRUE(policy.is_allowed(at("127.0.0.1:8082")));
  EXPECT_TRUE(policy.is_allowed(at("127.0.0.2:8081")));
}

TEST(AddressPolicy, AnAdminListenerOnAllAddressesIsOutOfReachOnEachOfThem) {
  AddressPolicy policy;
  policy.add_admin_listener(at("0.0.0.0:8081"));
  EXPECT_FALSE(policy.is_allowed(at("127.0.0.1:8081")));
  EXPECT_FALSE(policy.is_allowed(at("127.9.9.9:8081")));
  EXPECT_TRUE(policy.is_allowed(at("127.0.0.1:8080")));
  EXPECT_TRUE(policy.is_allowed(at("203.0.113.7:8081")));
  for (const SocketAddress& own : policy.admin_listeners) {
    EXPECT_FALSE(policy.is_allowed(own)) << own.to_text();
  }
}

}  // namespace
}  // namespace zerq::io
