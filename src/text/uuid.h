// SPDX-License-Identifier: Apache-2.0
// UUIDs as values (RFC 9562), made as version 7: time first, so that ids sort by birth. Where the
// time and the random bits come from is the caller's business. Pure; any thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace zerq::text {

class Uuid {
 public:
  static constexpr size_t kBytes = 16;
  static constexpr size_t kTextBytes = 36;

  constexpr Uuid() = default;
  explicit constexpr Uuid(const std::array<uint8_t, kBytes>& bytes) : bytes_(bytes) {}

  // RFC 9562 §5.7: the low 48 bits of `unix_ms`, 12 bits of `random_high`, 62 of `random_low`.
  static Uuid v7(uint64_t unix_ms, uint64_t random_high, uint64_t random_low) noexcept;
  // 8-4-4-4-12 hex digits of either case, any version.
  static std::optional<Uuid> parse(std::string_view text) noexcept;

  bool is_set() const { return bytes_ != std::array<uint8_t, kBytes>{}; }
  const std::array<uint8_t, kBytes>& bytes() const { return bytes_; }
  // Meaningful for version 7 alone.
  uint64_t unix_ms() const noexcept;
  // Writes 36 characters in lower case, no terminator.
  void write_text(char* to) const noexcept;
  std::string to_text() const;

  friend auto operator<=>(const Uuid&, const Uuid&) = default;

 private:
  std::array<uint8_t, kBytes> bytes_{};
};

}  // namespace zerq::text
