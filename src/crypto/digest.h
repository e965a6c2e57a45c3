// SPDX-License-Identifier: Apache-2.0
// SHA-256 and HMAC-SHA-256. An object keeps its context and is used again and again without
// allocation: one a shard or thread, as a member. The free functions make one for a single use and
// belong to paths that are not hot. Signatures are in crypto/signature_verify.h.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

#include "base/bytes.h"

namespace zerq::crypto {

inline constexpr size_t kSha256Bytes = 32;
using Digest256 = std::array<std::byte, kSha256Bytes>;

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  // Of these bytes alone; drops what was updated before.
  Digest256 digest(Bytes bytes) noexcept;

  Sha256& update(Bytes bytes) noexcept;
  // Ends the message; the next update begins another.
  Digest256 finish() noexcept;

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

class HmacSha256 {
 public:
  explicit HmacSha256(Bytes key);
  ~HmacSha256();
  HmacSha256(HmacSha256&&) noexcept;
  HmacSha256& operator=(HmacSha256&&) noexcept;

  Digest256 digest(Bytes bytes) noexcept;

  HmacSha256& update(Bytes bytes) noexcept;
  Digest256 finish() noexcept;

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

Digest256 sha256(Bytes bytes) noexcept;
Digest256 hmac_sha256(Bytes key, Bytes bytes) noexcept;

}  // namespace zerq::crypto
