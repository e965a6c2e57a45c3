// SPDX-License-Identifier: Apache-2.0
// Views of raw bytes, and the two conversions between bytes and characters.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace zerq {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace zerq
