// SPDX-License-Identifier: Apache-2.0
#include "base/object_id.h"

#include <gtest/gtest.h>

namespace zerq {
namespace {

TEST(ObjectId, TextRoundTrips) {
  const auto id = ObjectId::parse("66a1b2c3d4e5f6a7b8c9d0e1");
  ASSERT_TRUE(id);
  EXPECT_TRUE(id->is_set());
  EXPECT_EQ(id->bytes()[0], 0x66);
  EXPECT_EQ(id->bytes()[11], 0xe1);
  EXPECT_EQ(id->to_text(), "66a1b2c3d4e5f6a7b8c9d0e1");
}

TEST(ObjectId, OnlyTwentyFourLowerCaseDigits) {
  for (const char* text :
       {"", "66a1b2c3d4e5f6a7b8c9d0e", "66a1b2c3d4e5f6a7b8c9d0e10", "66A1b2c3d4e5f6a7b8c9d0e1",
        "66a1b2c3d4e5f6a7b8c9d0g1", " 6a1b2c3d4e5f6a7b8c9d0e1"}) {
    EXPECT_FALSE(ObjectId::parse(text)) << text;
  }
}

TEST(ObjectId, ZeroIsNone) { EXPECT_FALSE(ObjectId().is_set()); }

TEST(ObjectId, OrderAndHashFollowTheBytes) {
  const ObjectId a = *ObjectId::parse("000000000000000000000001");
  const ObjectId b = *ObjectId::parse("010000000000000000000000");
  EXPECT_LT(a, b);
  EXPECT_NE(std::hash<ObjectId>()(a), std::hash<ObjectId>()(b));
}

}  // namespace
}  // namespace zerq
