// SPDX-License-Identifier: Apache-2.0
// FlatIndex: numbers by the hash of what they stand for, in one block of memory: tens of thousands
// of names are looked up and dropped again in each compilation, and nodes would cost more than the
// rest of it. What a number means, and equality, is the owner's. Control thread.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace zerq::control {

class FlatIndex {
 public:
  void reserve(size_t count) {
    if (slots_.size() >= count * 2) {
      return;
    }
    std::vector<Slot> former(std::bit_ceil(std::max<size_t>(16, count * 2)));
    former.swap(slots_);
    for (const Slot& slot : former) {
      if (slot.is_taken) {
        place(slot);
      }
    }
  }
  void add(uint64_t hash, uint32_t number) {
    reserve(++count_);
    place({.hash = mix(hash), .number = number, .is_taken = true});
  }
  // The first number added under this hash that `is_same` accepts.
  template <class Same>
  std::optional<uint32_t> find(uint64_t hash, const Same& is_same) const {
    const uint64_t mixed = mix(hash);
    for (size_t i = mixed >> 32; !slots_.empty(); ++i) {
      const Slot& slot = slots_[i & (slots_.size() - 1)];
      if (!slot.is_taken) {
        break;
      }
      if (slot.hash == mixed && is_same(slot.number)) {
        return slot.number;
      }
    }
    return std::nullopt;
  }

 private:
  struct Slot {
    uint64_t hash = 0;
    uint32_t number = 0;
    bool is_taken = false;
  };
  // Hashes of ids and names may differ in few bits.
  static uint64_t mix(uint64_t hash) {
    constexpr uint64_t kMix = 0x9E3779B97F4A7C15ULL;
    return (hash ^ (hash >> 32)) * kMix;
  }
  void place(const Slot& slot) {
    size_t i = slot.hash >> 32;
    while (slots_[i & (slots_.size() - 1)].is_taken) {
      ++i;
    }
    slots_[i & (slots_.size() - 1)] = slot;
  }

  std::vector<Slot> slots_;  // A power of two, at most half full.
  size_t count_ = 0;
};

}  // namespace zerq::control
