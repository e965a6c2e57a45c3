// SPDX-License-Identifier: Apache-2.0
// The edges of a trie over path segments, all in one hash table: (node, segment) → child. So a step
// costs the same whether a node has one child or ten thousand. Built once, then immutable; part of
// RouteTrie and RouteTable (rung: Snapshot). Keys come from configuration, never from peers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace zerq::proxy {

class SegmentIndex {
 public:
  // No child; nodes are counted from 1 by whoever owns them.
  static constexpr uint32_t kNone = 0;

  uint32_t find(uint32_t node, std::string_view segment) const noexcept;
  // Precondition: find(node, segment) == kNone.
  void add(uint32_t node, std::string_view segment, uint32_t child);

 private:
  struct Edge {
    uint32_t hash = 0;
    uint32_t node = 0;
    uint32_t child = kNone;
    uint32_t text_at = 0;
    uint32_t text_bytes = 0;
  };
  void place(const Edge& edge);

  std::vector<Edge> slots_;  // A power of two, at most half full.
  std::string texts_;
  size_t size_ = 0;
};

}  // namespace zerq::proxy
