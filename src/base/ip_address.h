// SPDX-License-Identifier: Apache-2.0
// IP addresses and CIDR blocks, v4 and v6. Value types; an IPv4-mapped IPv6 address is its IPv4
// address (semantics §5). Text forms: RFC 4291 §2.2, RFC 5952 for output, RFC 4632 for blocks.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zerq {

class IpAddress {
 public:
  IpAddress() = default;
  static IpAddress v4(uint32_t host_order);
  static IpAddress v6(const std::array<uint8_t, 16>& bytes);
  // "10.0.0.1", "::1"; no brackets, port, zone or leading zeros.
  static std::optional<IpAddress> parse(std::string_view text) noexcept;

  bool is_set() const { return family_ != 0; }
  bool is_v4() const { return family_ == 4; }
  bool is_loopback() const;
  bool is_private() const;
  bool is_link_local() const;
  bool is_unspecified() const;
  bool is_multicast() const;
  // 16 bytes; an IPv4 address as ::ffff:a.b.c.d.
  const std::array<uint8_t, 16>& mapped_bytes() const { return bytes_; }
  uint32_t v4_host_order() const;
  static constexpr size_t kTextBytesMax = 46;  // With inet_ntop's terminator.
  std::string to_text() const;
  // Into at least kTextBytesMax bytes; returns the end of the text. Nothing for the unset address.
  char* write_text(char* to) const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  uint8_t family_ = 0;
  std::array<uint8_t, 16> bytes_{};
};

class CidrBlock {
 public:
  // An address alone is a block of one; host bits that are set are refused.
  static std::optional<CidrBlock> parse(std::string_view text) noexcept;
  bool contains(const IpAddress& address) const;
  std::string to_text() const;

 private:
  IpAddress network_;
  uint8_t prefix_bits_ = 0;  // Of the mapped 128.
};

// Few blocks, many look-ups; linear.
class CidrSet {
 public:
  void add(const CidrBlock& block) { blocks_.push_back(block); }
  bool is_empty() const { return blocks_.empty(); }
  bool contains(const IpAddress& address) const;

 private:
  std::vector<CidrBlock> blocks_;
};

}  // namespace zerq
