// SPDX-License-Identifier: Apache-2.0
// Header fields in the order in which they came; names keep their case, compare without it. Rung:
// Exchange; names and values are views into its arena. Both codecs produce it, so nothing above
// knows the version. Names that the gateway itself looks at are recognised once, while parsing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/arena.h"

namespace zerq::http {

enum class KnownHeader : uint8_t {
  kNone,
  kAccept,
  kAuthorization,
  kConnection,
  kContentEncoding,
  kContentLength,
  kContentType,
  kCookie,
  kDate,
  kExpect,
  kForwarded,
  kHost,
  kIdempotencyKey,
  kKeepAlive,
  kOrigin,
  kProxyAuthenticate,
  kProxyAuthorization,
  kProxyConnection,
  kRateLimit,
  kRateLimitLimit,
  kRateLimitPolicy,
  kRateLimitRemaining,
  kRateLimitReset,
  kRetryAfter,
  kServer,
  kSetCookie,
  kTe,
  kTraceparent,
  kTrailer,
  kTransferEncoding,
  kUpgrade,
  kUserAgent,
  kVary,
  kVia,
  kWwwAuthenticate,
  kXApiKey,
  kXClientId,
  kXForwardedFor,
  kXForwardedHost,
  kXForwardedProto,
  kXProfileId,
  kXRequestId,
  kXZerq,  // Any name that begins with X-Zerq-.
};

// Case-insensitive; kNone for a name of no interest.
KnownHeader known_header(std::string_view name) noexcept;
bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;

struct Header {
  std::string_view name;
  std::string_view value;  // Without surrounding white space.
  KnownHeader known = KnownHeader::kNone;
};

class HeaderList {
 public:
  explicit HeaderList(Arena& arena) : arena_(&arena) {}

  // The views must live as long as the arena.
  void add(std::string_view name, std::string_view value, KnownHeader known);
  void add(std::string_view name, std::string_view value) { add(name, value, known_header(name)); }

  size_t size() const { return size_; }
  std::span<const Header> all() const { return {headers_, size_}; }
  auto begin() const { return all().begin(); }
  auto end() const { return all().end(); }

  // The first field of that name.
  const Header* find(KnownHeader known) const noexcept;
  const Header* find(std::string_view name) const noexcept;
  size_t count(KnownHeader known) const noexcept;
  void remove(KnownHeader known) noexcept;
  void remove(std::string_view name) noexcept;

 private:
  void grow();

  Arena* arena_;
  Header* headers_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
  // One bit a KnownHeader that was ever added: most look-ups are for fields that are not there.
  uint64_t seen_ = 0;
};

}  // namespace zerq::http
