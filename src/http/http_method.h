// SPDX-License-Identifier: Apache-2.0
// The methods that a proxy may publish (product §4); every other token is kOther and answered 501.
#pragma once

#include <cstdint>
#include <string_view>

namespace zerq::http {

enum class Method : uint8_t { kGet, kPost, kPut, kDelete, kPatch, kHead, kOptions, kOther };
inline constexpr int kMethodCount = 7;

// Case-sensitive (RFC 9110 §9.1).
Method parse_method(std::string_view token) noexcept;
std::string_view method_name(Method method) noexcept;

// A set of methods as a bit mask.
class MethodSet {
 public:
  constexpr MethodSet() = default;
  void add(Method method) { bits_ |= static_cast<uint8_t>(1U << static_cast<unsigned>(method)); }
  bool has(Method method) const {
    return method != Method::kOther && (bits_ >> static_cast<unsigned>(method) & 1U) != 0;
  }
  bool is_empty() const { return bits_ == 0; }
  bool intersects(MethodSet other) const { return (bits_ & other.bits_) != 0; }
  MethodSet operator|(MethodSet other) const {
    MethodSet both;
    both.bits_ = bits_ | other.bits_;
    return both;
  }
  friend bool operator==(MethodSet, MethodSet) = default;

 private:
  uint8_t bits_ = 0;
};

// GET, HEAD, OPTIONS, PUT, DELETE: may be sent again when the outcome is unknown (RFC 9110 §9.2.2).
bool is_idempotent(Method method) noexcept;

}  // namespace zerq::http
