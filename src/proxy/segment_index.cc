// SPDX-License-Identifier: Apache-2.0
#include "proxy/segment_index.h"

#include <cstring>
#include <utility>

#include "base/check.h"

namespace zerq::proxy {
namespace {

constexpr size_t kSlotsMin = 8;

template <class Word>
uint64_t load(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// Up to eight bytes as one number; loads overlap, so that no length is a loop.
uint64_t load_up_to_8(const char* from, size_t bytes) {
  if (bytes >= 8) {
    return load<uint64_t>(from);
  }
  if (bytes >= 4) {
    return load<uint32_t>(from) << 32 | load<uint32_t>(from + bytes - 4);
  }
  if (bytes == 0) {
    return 0;
  }
  return load<uint8_t>(from) << 16 | load<uint8_t>(from + bytes / 2) << 8 |
         load<uint8_t>(from + bytes - 1);
}

uint32_t hash_of(uint32_t node, std::string_view segment) {
  constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15;
  uint64_t hash = (uint64_t{node} << 32 | segment.size()) * kMultiplier;
  const char* from = segment.data();
  size_t bytes = segment.size();
  for (; bytes > 8; from += 8, bytes -= 8) {
    hash = (hash ^ load<uint64_t>(from)) * kMultiplier;
    hash ^= hash >> 32;
  }
  hash = (hash ^ load_up_to_8(from, bytes)) * kMultiplier;
  return static_cast<uint32_t>(hash >> 32);
}

}  // namespace

uint32_t SegmentIndex::find(uint32_t node, std::string_view segment) const noexcept {
  if (slots_.empty()) {
    return kNone;
  }
  const uint32_t hash = hash_of(node, segment);
  const size_t mask = slots_.size() - 1;
  for (size_t at = hash & mask;; at = (at + 1) & mask) {
    const Edge& edge = slots_[at];
    if (edge.child == kNone) {
      return kNone;
    }
    if (edge.hash == hash && edge.node == node && edge.text_bytes == segment.size() &&
        std::memcmp(texts_.data() + edge.text_at, segment.data(), segment.size()) == 0) {
      return edge.child;
    }
  }
}

void SegmentIndex::add(uint32_t node, std::string_view segment, uint32_t child) {
  DCHECK(child != kNone && find(node, segment) == kNone);
  if ((size_ + 1) * 2 > slots_.size()) {
    const std::vector<Edge> before =
        std::exchange(slots_, std::vector<Edge>(slots_.empty() ? kSlotsMin : slots_.size() * 2));
    for (const Edge& edge : before) {
      if (edge.child != kNone) {
        place(edge);
      }
    }
  }
  place({.hash = hash_of(node, segment),
         .node = node,
         .child = child,
         .text_at = static_cast<uint32_t>(texts_.size()),
         .text_bytes = static_cast<uint32_t>(segment.size())});
  texts_ += segment;
  ++size_;
}

void SegmentIndex::place(const Edge& edge) {
  const size_t mask = slots_.size() - 1;
  size_t at = edge.hash & mask;
  while (slots_[at].child != kNone) {
    at = (at + 1) & mask;
  }
  slots_[at] = edge;
}

}  // namespace zerq::proxy
