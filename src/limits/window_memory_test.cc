// SPDX-License-Identifier: Apache-2.0
#include "limits/window_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

namespace zerq::limits {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

TEST(WindowMemory, TheLimitIsReachedExactly) {
  WindowMemory memory(10 * WindowMemory::kUnitBytes);
  EXPECT_NE(memory.allocate(3), 0U);
  EXPECT_NE(memory.allocate(1), 0U);
  EXPECT_EQ(memory.allocate(0), 0U);
  EXPECT_EQ(memory.bytes_used(), 10 * WindowMemory::kUnitBytes);
}

TEST(WindowMemory, ARaisedLimitAppliesAtOnce) {
  WindowMemory memory(0);
  EXPECT_EQ(memory.allocate(0), 0U);
  memory.set_bytes_max(WindowMemory::kUnitBytes);
  EXPECT_NE(memory.allocate(0), 0U);
}

TEST(WindowMemory, SmallBlocksThatCameBackMakeALargeOne) {
  WindowMemory memory(kMiB);
  std::vector<uint32_t> blocks;
  while (const uint32_t block = memory.allocate(0)) {
    blocks.push_back(block);
  }
  EXPECT_EQ(blocks.size(), kMiB / WindowMemory::kUnitBytes);
  const auto [lowest, highest] = std::ranges::minmax(blocks);
  std::ranges::shuffle(blocks, std::mt19937(1));
  for (const uint32_t block : blocks) {
    memory.give_back(block, 0);
  }
  EXPECT_EQ(memory.bytes_used(), 0U);
  size_t large = 0;
  while (const uint32_t block = memory.allocate(WindowMemory::kOrderMax)) {
    EXPECT_GE(block, lowest);  // No new memory was needed.
    EXPECT_LE(block, highest);
    ++large;
  }
  EXPECT_EQ(large, kMiB / WindowMemory::kBlockBytesMax);
}

TEST(WindowMemory, BlocksNeverOverlap) {
  struct Held {
    uint32_t block;
    unsigned order;
    int mark;
  };
  WindowMemory memory(kMiB);
  std::mt19937 random(5);
  std::vector<Held> held;
  const auto is_untouched = [&memory](const Held& h) {
    const auto* bytes = memory.at<const unsigned char>(h.block);
    return std::all_of(bytes, bytes + (WindowMemory::kUnitBytes << h.order),
                       [&h](unsigned char b) { return b == static_cast<unsigned char>(h.mark); });
  };
  for (int i = 0; i < 20000; ++i) {
    if (random() % 2 == 0) {
      const unsigned order = random() % (WindowMemory::kOrderMax + 1);
      if (const uint32_t block = memory.allocate(order)) {
        std::memset(memory.at<void>(block), i, WindowMemory::kUnitBytes << order);
        held.push_back({block, order, i});
      }
    } else if (!held.empty()) {
      std::swap(held[random() % held.size()], held.back());
      ASSERT_TRUE(is_untouched(held.back()));
      memory.give_back(held.back().block, held.back().order);
      held.pop_back();
    }
  }
}

}  // namespace
}  // namespace zerq::limits
