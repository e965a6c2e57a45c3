// SPDX-License-Identifier: Apache-2.0
#include "crypto/random.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace zerq::crypto {
namespace {

TEST(RandomSource, NeverRepeatsANumber) {
  RandomSource source;
  std::set<uint64_t> seen;
  for (int i = 0; i < 10'000; ++i) {
    seen.insert(source.next_u64());
  }
  EXPECT_EQ(seen.size(), 10'000U);
}

TEST(RandomSource, FillsEverySizeToItsEnd) {
  RandomSource source;
  for (const size_t size : {0U, 1U, 7U, 511U, 512U, 513U, 10'000U}) {
    // A byte is zero once in 256: of 20 fills one must change the last byte.
    bool was_last_written = size == 0;
    for (int i = 0; i < 20; ++i) {
      std::vector<std::byte> bytes(size);
      source.fill(bytes);
      was_last_written = was_last_written || bytes.back() != std::byte{0};
    }
    EXPECT_TRUE(was_last_written) << size;
  }
}

}  // namespace
}  // namespace zerq::crypto
