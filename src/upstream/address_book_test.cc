// SPDX-License-Identifier: Apache-2.0
#include "upstream/address_book.h"

#include <gtest/gtest.h>

namespace zerq::upstream {
namespace {

using Addresses = std::vector<io::SocketAddress>;

io::SocketAddress at(const char* ip) { return {*IpAddress::parse(ip), 80}; }

TEST(AddressBook, AddressesTakeTurns) {
  AddressBook book;
  std::vector<std::string> firsts;
  for (int i = 0; i < 4; ++i) {
    Addresses addresses{at("10.0.0.1"), at("10.0.0.2"), at("10.0.0.3")};
    book.sort(addresses, Instant{});
    EXPECT_EQ(3U, addresses.size());
    firsts.push_back(addresses[0].ip().to_text());
  }
  EXPECT_EQ((std::vector<std::string>{"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.1"}), firsts);
}

TEST(AddressBook, AFailedAddressIsTriedLastForAWhile) {
  AddressBook book;
  const Instant now{1'000};
  book.on_failed(at("10.0.0.1"), now);
  for (int i = 0; i < 3; ++i) {
    Addresses addresses{at("10.0.0.1"), at("10.0.0.2"), at("10.0.0.3")};
    book.sort(addresses, now + AddressBook::kAvoid - Duration(1));
    EXPECT_EQ(at("10.0.0.1"), addresses.back());
  }
  Addresses addresses{at("10.0.0.1"), at("10.0.0.2"), at("10.0.0.3")};
  book.sort(addresses, now + AddressBook::kAvoid);
  EXPECT_EQ(at("10.0.0.1"), addresses.front());
}

TEST(AddressBook, AnAddressThatConnectsIsForgiven) {
  AddressBook book;
  book.on_failed(at("10.0.0.1"), Instant{});
  book.on_connected(at("10.0.0.1"));
  Addresses addresses{at("10.0.0.1"), at("10.0.0.2")};
  book.sort(addresses, Instant{});
  EXPECT_EQ(at("10.0.0.1"), addresses.front());
}

TEST(AddressBook, WhenAllFailedAllAreStillTried) {
  AddressBook book;
  book.on_failed(at("10.0.0.1"), Instant{});
  book.on_failed(at("10.0.0.2"), Instant{});
  Addresses addresses{at("10.0.0.1"), at("10.0.0.2")};
  book.sort(addresses, Instant{});
  EXPECT_EQ(2U, addresses.size());
}

}  // namespace
}  // namespace zerq::upstream
