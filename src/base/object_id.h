// SPDX-License-Identifier: Apache-2.0
// The 12-byte id of every configured object (MongoDB ObjectId), written as 24 lower-case hex
// digits. A value type; all-zero means "none".
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace zerq {

class ObjectId {
 public:
  static constexpr size_t kBytes = 12;
  static constexpr size_t kTextBytes = 24;

  constexpr ObjectId() = default;
  explicit constexpr ObjectId(const std::array<uint8_t, kBytes>& bytes) : bytes_(bytes) {}

  // Exactly 24 of [0-9a-f]; anything else, upper case too, is no id.
  static std::optional<ObjectId> parse(std::string_view text) noexcept;

  bool is_set() const { return bytes_ != std::array<uint8_t, kBytes>{}; }
  const std::array<uint8_t, kBytes>& bytes() const { return bytes_; }
  // Writes 24 characters, no terminator.
  void write_text(char* to) const noexcept;
  std::string to_text() const;

  friend auto operator<=>(const ObjectId&, const ObjectId&) = default;

 private:
  std::array<uint8_t, kBytes> bytes_{};
};

}  // namespace zerq

template <>
struct std::hash<zerq::ObjectId> {
  size_t operator()(const zerq::ObjectId& id) const noexcept {
    uint64_t low;
    uint32_t high;
    std::memcpy(&low, id.bytes().data(), 8);
    std::memcpy(&high, id.bytes().data() + 8, 4);
    return (low ^ (static_cast<uint64_t>(high) << 29)) * 0x9E3779B97F4A7C15ULL;
  }
};
