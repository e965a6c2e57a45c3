// SPDX-License-Identifier: Apache-2.0
#include "base/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/check.h"

namespace zerq {
namespace {

constexpr std::array<uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr uint8_t kMappedBits = 96;
constexpr size_t kTextMax = INET6_ADDRSTRLEN;

bool is_mapped(const std::array<uint8_t, 16>& bytes) {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin());
}

uint8_t bit_mask(unsigned bits) { return static_cast<uint8_t>(0xff00U >> bits); }

}  // namespace

IpAddress IpAddress::v4(uint32_t host_order) {
  IpAddress address;
  address.family_ = 4;
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), address.bytes_.begin());
  for (size_t i = 0; i < 4; ++i) {
    address.bytes_[12 + i] = static_cast<uint8_t>(host_order >> (24 - 8 * i));
  }
  return address;
}

IpAddress IpAddress::v6(const std::array<uint8_t, 16>& bytes) {
  IpAddress address;
  address.family_ = is_mapped(bytes) ? 4 : 6;
  address.bytes_ = bytes;
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) noexcept {
  std::array<char, kTextMax> terminated{};
  if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  std::copy(text.begin(), text.end(), terminated.begin());
  in_addr four{};
  if (inet_pton(AF_INET, terminated.data(), &four) == 1) {
    return v4(ntohl(four.s_addr));
  }
  std::array<uint8_t, 16> six{};
  if (inet_pton(AF_INET6, terminated.data(), six.data()) == 1) {
    return v6(six);
  }
  return std::nullopt;
}

bool IpAddress::is_loopback() const {
  return is_v4()
             ? bytes_[12] == 127
             : family_ == 6 && bytes_[15] == 1 &&
                   std::all_of(bytes_.begin(), bytes_.end() - 1, [](uint8_t b) { return b == 0; });
}

// RFC 1918, RFC 6598 (shared), RFC 4193 (unique local).
bool IpAddress::is_private() const {
  if (is_v4()) {
    return bytes_[12] == 10 || (bytes_[12] == 172 && (bytes_[13] & 0xf0) == 16) ||
           (bytes_[12] == 192 && bytes_[13] == 168) ||
           (bytes_[12] == 100 && (bytes_[13] & 0xc0) == 64);
  }
  return family_ == 6 && (bytes_[0] & 0xfe) == 0xfc;
}

bool IpAddress::is_link_local() const {
  if (is_v4()) {
    return bytes_[12] == 169 && bytes_[13] == 254;
  }
  return family_ == 6 && bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

bool IpAddress::is_unspecified() const {
  return family_ != 0 && std::all_of(bytes_.begin() + (is_v4() ? 12 : 0), bytes_.end(),
                                     [](uint8_t b) { return b == 0; });
}

bool IpAddress::is_multicast() const {
  return is_v4() ? (bytes_[12] & 0xf0) == 0xe0 : family_ == 6 && bytes_[0] == 0xff;
}

uint32_t IpAddress::v4_host_order() const {
  DCHECK(is_v4());
  uint32_t value = 0;
  for (size_t i = 12; i < 16; ++i) {
    value = value << 8 | bytes_[i];
  }
  return value;
}

std::string IpAddress::to_text() const {
  std::array<char, kTextBytesMax> text{};
  return {text.data(), write_text(text.data())};
}

char* IpAddress::write_text(char* to) const {
  if (!is_set()) {
    return to;
  }
  if (!is_v4()) {
    CHECK(inet_ntop(AF_INET6, bytes_.data(), to, kTextBytesMax) != nullptr);
    return to + std::strlen(to);
  }
  for (size_t i = 12; i < 16; ++i) {
    if (i != 12) {
      *to++ = '.';
    }
    to = std::to_chars(to, to + 3, bytes_[i]).ptr;
  }
  return to;
}

std::optional<CidrBlock> CidrBlock::parse(std::string_view text) noexcept {
  const size_t slash = text.find('/');
  const auto network = IpAddress::parse(text.substr(0, slash));
  if (!network) {
    return std::nullopt;
  }
  CidrBlock block;
  block.network_ = *network;
  block.prefix_bits_ = 128;
  if (slash == std::string_view::npos) {
    return block;
  }
  const std::string_view digits = text.substr(slash + 1);
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  // A mapped network counts its bits as IPv6 only if it was written so.
  const bool as_v4 = network->is_v4() && text.substr(0, slash).find(':') == std::string_view::npos;
  if (error != std::errc{} || end != digits.data() + digits.size() || bits > (as_v4 ? 32U : 128U) ||
      (digits.size() > 1 && digits[0] == '0')) {
    return std::nullopt;
  }
  block.prefix_bits_ = static_cast<uint8_t>(as_v4 ? bits + kMappedBits : bits);
  // Within the mapped range a shorter prefix would cover addresses that are not IPv4.
  if (network->is_v4() && block.prefix_bits_ < kMappedBits) {
    return std::nullopt;
  }
  const auto& bytes = block.network_.mapped_bytes();
  for (size_t i = block.prefix_bits_ / 8; i < bytes.size(); ++i) {
    const unsigned fixed = i == block.prefix_bits_ / 8U ? block.prefix_bits_ % 8U : 0;
    if ((bytes[i] & static_cast<uint8_t>(~bit_mask(fixed))) != 0) {
      return std::nullopt;
    }
  }
  return block;
}

bool CidrBlock::contains(const IpAddress& address) const {
  if (!address.is_set() || address.is_v4() != network_.is_v4()) {
    return false;
  }
  const auto& mine = network_.mapped_bytes();
  const auto& theirs = address.mapped_bytes();
  const size_t whole = prefix_bits_ / 8;
  if (std::memcmp(mine.data(), theirs.data(), whole) != 0) {
    return false;
  }
  const uint8_t mask = bit_mask(prefix_bits_ % 8);
  return mask == 0 || ((mine[whole] ^ theirs[whole]) & mask) == 0;
}

std::string CidrBlock::to_text() const {
  const unsigned bits = network_.is_v4() ? prefix_bits_ - kMappedBits : prefix_bits_;
  return network_.to_text() + "/" + std::to_string(bits);
}

bool CidrSet::contains(const IpAddress& address) const {
  return std::any_of(blocks_.begin(), blocks_.end(),
                     [&](const CidrBlock& block) { return block.contains(address); });
}

}  // namespace zerq
