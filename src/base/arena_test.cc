// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace zerq {
namespace {

// Counts what is out; ASan sees the rest.
class CountingBlocks final : public BlockSource {
 public:
  std::byte* take_block() noexcept override { return ++blocks, heap_.take_block(); }
  void give_block(std::byte* block) noexcept override { --blocks, heap_.give_block(block); }
  std::byte* take_large(size_t bytes) noexcept override {
    return ++larges, heap_.take_large(bytes);
  }
  void give_large(std::byte* block, size_t bytes) noexcept override {
    --larges, heap_.give_large(block, bytes);
  }
  int blocks = 0;
  int larges = 0;

 private:
  HeapBlocks heap_;
};

TEST(Arena, TakesNothingUntilAsked) {
  CountingBlocks blocks;
  const Arena arena(blocks);
  EXPECT_EQ(blocks.blocks, 0);
  EXPECT_EQ(arena.bytes_held(), 0U);
}

TEST(Arena, CopiesStayReadableUntilRelease) {
  CountingBlocks blocks;
  Arena arena(blocks);
  std::vector<std::string_view> views;
  for (int i = 0; i < 1000; ++i) {
    views.push_back(arena.copy("text " + std::to_string(i)));
  }
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(views[static_cast<size_t>(i)], "text " + std::to_string(i));
  }
  EXPECT_GT(blocks.blocks, 1);
  arena.release();
  EXPECT_EQ(blocks.blocks, 0);
  EXPECT_EQ(arena.bytes_held(), 0U);
}

TEST(Arena, LargeRequestsGetABlockOfTheirOwn) {
  CountingBlocks blocks;
  {
    Arena arena(blocks);
    const std::string big(70000, 'x');
    EXPECT_EQ(arena.copy(big), big);
    EXPECT_EQ(blocks.larges, 1);
    EXPECT_EQ(arena.copy("small"), "small");
  }
  EXPECT_EQ(blocks.larges, 0);
  EXPECT_EQ(blocks.blocks, 0);
}

TEST(Arena, HonoursAlignment) {
  HeapBlocks blocks;
  Arena arena(blocks);
  for (size_t i = 1; i < 200; ++i) {
    arena.allocate(i % 7 + 1, 1);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(arena.allocate(8, 8)) % 8, 0U);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(arena.allocate(16, 16)) % 16, 0U);
  }
}

TEST(Arena, UsesTheOwnersMemoryFirst) {
  CountingBlocks blocks;
  alignas(16) std::array<std::byte, 256> own;
  Arena arena(blocks, own);
  const std::string_view copy = arena.copy("inside");
  EXPECT_EQ(copy.data(), reinterpret_cast<const char*>(own.data()));
  EXPECT_EQ(blocks.blocks, 0);
  arena.allocate(300, 1);
  EXPECT_EQ(blocks.blocks, 1);
}

TEST(Arena, MakesArraysOfFreshValues) {
  HeapBlocks blocks;
  Arena arena(blocks);
  const auto numbers = arena.make_array<int>(100);
  for (const int n : numbers) {
    EXPECT_EQ(n, 0);
  }
  EXPECT_TRUE(arena.make_array<int>(0).empty());
  EXPECT_TRUE(arena.copy("").empty());
}

}  // namespace
}  // namespace zerq
