// SPDX-License-Identifier: Apache-2.0
#include "text/uuid.h"

#include <gtest/gtest.h>

namespace zerq::text {
namespace {

// RFC 9562, appendix A.6.
TEST(Uuid, MatchesTheVersion7Vector) {
  const Uuid uuid = Uuid::v7(0x017F22E279B0, 0xCC3, uint64_t{0x18C4DC0C0C07398F} << 2);
  EXPECT_EQ(uuid.to_text(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  EXPECT_EQ(uuid.unix_ms(), 0x017F22E279B0U);
}

TEST(Uuid, CarriesVersionAndVariantWhateverTheRandomBits) {
  const std::string ones = Uuid::v7(~uint64_t{0}, ~uint64_t{0}, ~uint64_t{0}).to_text();
  EXPECT_EQ(ones, "ffffffff-ffff-7fff-bfff-ffffffffffff");
  EXPECT_EQ(Uuid::v7(0, 0, 0).to_text(), "00000000-0000-7000-8000-000000000000");
}

TEST(Uuid, SortsByTime) { EXPECT_LT(Uuid::v7(1, 0xFFF, ~uint64_t{0}), Uuid::v7(2, 0, 0)); }

TEST(Uuid, ReadsItsOwnTextAndUpperCase) {
  const Uuid uuid = Uuid::v7(1'700'000'000'000, 0x123, 0x0123456789ABCDEF);
  EXPECT_EQ(Uuid::parse(uuid.to_text()), uuid);
  EXPECT_TRUE(Uuid::parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F").has_value());
}

TEST(Uuid, RefusesOtherShapes) {
  for (const char* text :
       {"", "017f22e279b07cc398c4dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", "017f22e2-79b0-7cc3-98c4dc0c0c07398f0",
        "017f22e2-79b0-7cc3-98c4--c0c0c07398f", "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}"}) {
    EXPECT_FALSE(Uuid::parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace zerq::text
