// SPDX-License-Identifier: Apache-2.0
#include "http/header_list.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <utility>

namespace zerq::http {
namespace {

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

constexpr size_t kNameBytesMax = 24;

// A name in lower case and, beside it, the bits in which a letter may differ.
struct KnownName {
  KnownHeader known = KnownHeader::kNone;
  uint8_t size = 0;
  std::array<char, kNameBytesMax> lower{};
  std::array<char, kNameBytesMax> case_bits{};
};

constexpr KnownName make_name(std::string_view lower, KnownHeader known) {
  KnownName name{.known = known, .size = static_cast<uint8_t>(lower.size())};
  for (size_t i = 0; i < lower.size(); ++i) {
    name.lower[i] = lower[i];
    name.case_bits[i] = lower[i] >= 'a' && lower[i] <= 'z' ? 0x20 : 0;
  }
  return name;
}

using enum KnownHeader;
constexpr std::array kNames = {
    make_name("accept", kAccept),
    make_name("authorization", kAuthorization),
    make_name("connection", kConnection),
    make_name("content-encoding", kContentEncoding),
    make_name("content-length", kContentLength),
    make_name("content-type", kContentType),
    make_name("cookie", kCookie),
    make_name("date", kDate),
    make_name("expect", kExpect),
    make_name("forwarded", kForwarded),
    make_name("host", kHost),
    make_name("idempotency-key", kIdempotencyKey),
    make_name("keep-alive", kKeepAlive),
    make_name("origin", kOrigin),
    make_name("proxy-authenticate", kProxyAuthenticate),
    make_name("proxy-authorization", kProxyAuthorization),
    make_name("proxy-connection", kProxyConnection),
    make_name("ratelimit", kRateLimit),
    make_name("ratelimit-limit", kRateLimitLimit),
    make_name("ratelimit-policy", kRateLimitPolicy),
    make_name("ratelimit-remaining", kRateLimitRemaining),
    make_name("ratelimit-reset", kRateLimitReset),
    make_name("retry-after", kRetryAfter),
    make_name("server", kServer),
    make_name("set-cookie", kSetCookie),
    make_name("te", kTe),
    make_name("traceparent", kTraceparent),
    make_name("trailer", kTrailer),
    make_name("transfer-encoding", kTransferEncoding),
    make_name("upgrade", kUpgrade),
    make_name("user-agent", kUserAgent),
    make_name("vary", kVary),
    make_name("via", kVia),
    make_name("www-authenticate", kWwwAuthenticate),
    make_name("x-api-key", kXApiKey),
    make_name("x-client-id", kXClientId),
    make_name("x-forwarded-for", kXForwardedFor),
    make_name("x-forwarded-host", kXForwardedHost),
    make_name("x-forwarded-proto", kXForwardedProto),
    make_name("x-profile-id", kXProfileId),
    make_name("x-request-id", kXRequestId),
};
static_assert(kNames.size() + 1 == std::to_underlying(kXZerq), "a known header has no name here");

constexpr std::string_view kZerqPrefix = "x-zerq-";

// Perfect hash over size, first, middle and last but one letter. The multipliers were searched for
// these names; a new name that collides does not compile, and asks for new ones.
constexpr size_t kSlots = 128;
constexpr size_t kHashedNameBytesMin = 2;
constexpr size_t slot_of(std::string_view name) {
  // 0x1F drops the case of a letter; what else it confuses, the comparison tells apart.
  const auto letter = [&](size_t i) { return static_cast<size_t>(name[i]) & 0x1F; };
  return (name.size() * 33 + letter(name.size() / 2) * 78 + letter(name.size() - 2) * 91 +
          letter(0) * 113) %
         kSlots;
}

// 1 + index into kNames; 0: nobody.
constexpr std::array<uint8_t, kSlots> kNameOfSlot = [] {
  std::array<uint8_t, kSlots> names{};
  for (size_t i = 0; i < kNames.size(); ++i) {
    names[slot_of({kNames[i].lower.data(), kNames[i].size})] = static_cast<uint8_t>(i + 1);
  }
  return names;
}();
static_assert(std::ranges::count_if(kNameOfSlot, [](uint8_t i) { return i != 0; }) == kNames.size(),
              "two known names share a slot");

uint64_t load_8(const char* from) {
  uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

bool matches_8(const char* name, const KnownName& known, size_t at) {
  return (load_8(name + at) | load_8(known.case_bits.data() + at)) ==
         load_8(known.lower.data() + at);
}

bool matches(std::string_view name, const KnownName& known) {
  if (name.size() != known.size) {
    return false;
  }
  if (name.size() < 8) {
    for (size_t i = 0; i < name.size(); ++i) {
      if ((name[i] | known.case_bits[i]) != known.lower[i]) {
        return false;
      }
    }
    return true;
  }
  return matches_8(name.data(), known, 0) && matches_8(name.data(), known, name.size() - 8) &&
         (name.size() <= 16 || matches_8(name.data(), known, 8));
}

bool has_zerq_prefix(std::string_view name) {
  return name.size() > kZerqPrefix.size() &&
         equals_ignoring_case(name.substr(0, kZerqPrefix.size()), kZerqPrefix);
}

constexpr uint64_t bit_of(KnownHeader known) { return uint64_t{1} << std::to_underlying(known); }
static_assert(std::to_underlying(kXZerq) < 64);

}  // namespace

KnownHeader known_header(std::string_view name) noexcept {
  if (name.size() < kHashedNameBytesMin) {
    return kNone;
  }
  const uint8_t candidate = kNameOfSlot[slot_of(name)];
  if (candidate != 0 && matches(name, kNames[candidate - 1])) {
    return kNames[candidate - 1].known;
  }
  return has_zerq_prefix(name) ? kXZerq : kNone;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return x == y || to_lower(x) == to_lower(y);
         });
}

void HeaderList::grow() {
  const size_t capacity = capacity_ == 0 ? 16 : capacity_ * 2;
  auto* headers =
      reinterpret_cast<Header*>(arena_->allocate(capacity * sizeof(Header), alignof(Header)));
  std::uninitialized_copy_n(headers_, size_, headers);
  headers_ = headers;
  capacity_ = capacity;
}

void HeaderList::add(std::string_view name, std::string_view value, KnownHeader known) {
  if (size_ == capacity_) [[unlikely]] {
    grow();
  }
  new (headers_ + size_++) Header{name, value, known};
  seen_ |= bit_of(known);
}

const Header* HeaderList::find(KnownHeader known) const noexcept {
  if ((seen_ & bit_of(known)) == 0) {
    return nullptr;
  }
  const auto at = std::ranges::find(all(), known, &Header::known);
  return at == end() ? nullptr : &*at;
}

const Header* HeaderList::find(std::string_view name) const noexcept {
  for (const Header& header : all()) {
    if (equals_ignoring_case(header.name, name)) {
      return &header;
    }
  }
  return nullptr;
}

size_t HeaderList::count(KnownHeader known) const noexcept {
  if ((seen_ & bit_of(known)) == 0) {
    return 0;
  }
  return static_cast<size_t>(std::ranges::count(all(), known, &Header::known));
}

void HeaderList::remove(KnownHeader known) noexcept {
  if ((seen_ & bit_of(known)) == 0) {
    return;
  }
  const auto kept = std::remove_if(headers_, headers_ + size_,
                                   [known](const Header& h) { return h.known == known; });
  size_ = static_cast<size_t>(kept - headers_);
  seen_ &= ~bit_of(known);
}

void HeaderList::remove(std::string_view name) noexcept {
  const auto kept = std::remove_if(headers_, headers_ + size_, [name](const Header& h) {
    return equals_ignoring_case(h.name, name);
  });
  size_ = static_cast<size_t>(kept - headers_);
}

}  // namespace zerq::http
