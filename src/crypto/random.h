// SPDX-License-Identifier: Apache-2.0
// Random bits of the kernel, for keys, tokens and ids. A RandomSource reads ahead, so that an id a
// request is no system call a request; one a shard or thread, as a member. What was handed out is
// wiped from it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace zerq::crypto {

class RandomSource {
 public:
  RandomSource() = default;
  ~RandomSource();
  RandomSource(const RandomSource&) = delete;
  RandomSource& operator=(const RandomSource&) = delete;

  void fill(MutableBytes to) noexcept;
  uint64_t next_u64() noexcept;

 private:
  std::array<std::byte, 512> ahead_{};
  size_t used_ = sizeof(ahead_);
};

// Straight from the kernel, for single uses.
void fill_random(MutableBytes to) noexcept;

}  // namespace zerq::crypto
