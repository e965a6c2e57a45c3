// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli, RFC 3720 appendix B.4): the check of every frame and chunk on disk. Works on
// the raw register, so that a salt can be folded in once and used many times. Pure; any thread.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace zerq::audit {

inline constexpr uint32_t kCrc32cStart = 0xFFFFFFFF;

// With the instruction where the machine has it.
uint32_t update_crc32c(uint32_t state, Bytes bytes) noexcept;
// The scalar twin.
uint32_t update_crc32c_by_table(uint32_t state, Bytes bytes) noexcept;

inline uint32_t finish_crc32c(uint32_t state) { return ~state; }

}  // namespace zerq::audit
