// SPDX-License-Identifier: Apache-2.0
#include "audit/record_codec.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "base/check.h"

namespace zerq::audit {
namespace {

constexpr size_t kTimings = static_cast<size_t>(Timing::kCount);
constexpr size_t kTexts = 16;
constexpr size_t kAdminTexts = 13;

using RecordTexts = std::array<std::string_view*, kTexts>;
using AdminTexts = std::array<std::string_view*, kAdminTexts>;

// In the order in which they stand in the payload.
RecordTexts texts_of(Record& r) {
  return {&r.request_id,     &r.protocol,
          &r.method,         &r.host,
          &r.path,           &r.query,
          &r.raw_target,     &r.auth.type,
          &r.auth.subject,   &r.auth.key_id,
          &r.auth.result,    &r.scopes.required,
          &r.scopes.granted, &r.upstream.address,
          &r.error,          &r.reason};
}
constexpr std::array<uint16_t, kTexts> kTextMax = {128, 16,  32, 256,  4096, 4096, 256, 32,
                                                   256, 128, 32, 1024, 1024, 128,  64,  128};

AdminTexts texts_of(AdminRecord& r) {
  return {&r.event,     &r.request_id,  &r.via,       &r.actor, &r.method, &r.path,       &r.query,
          &r.operation, &r.object_type, &r.object_id, &r.error, &r.reason, &r.detail_json};
}
constexpr std::array<uint16_t, kAdminTexts> kAdminTextMax = {
    32, 128, 32, 256, 32, 4096, 4096, 64, 64, 256, 64, 512, kAdminDetailBytesMax};

constexpr size_t sum(std::span<const uint16_t> parts) {
  size_t total = 0;
  for (const uint16_t part : parts) {
    total += part;
  }
  return total;
}

enum Flag : uint16_t {
  kIsTls = 1,
  kScopesChecked = 2,
  kLimitChecked = 4,
  kLimitDegraded = 8,
  kUpstreamReused = 16,
  kHasClientIp = 32,
  kHasPeerIp = 64,
  kForeignId = 1,
};

// In the upper bits of the flags: by what the quota counts, and its interval.
constexpr unsigned kQuotaPerShift = 12;
constexpr unsigned kQuotaIntervalShift = 14;
constexpr uint16_t kQuotaMask = 3;

uint16_t quota_flags(const QuotaUse& use) {
  return static_cast<uint16_t>((use.per & kQuotaMask) << kQuotaPerShift |
                               (use.interval & kQuotaMask) << kQuotaIntervalShift);
}
QuotaUse quota_of(uint16_t flags, uint16_t first_day) {
  return {.per = static_cast<uint8_t>(flags >> kQuotaPerShift & kQuotaMask),
          .interval = static_cast<uint8_t>(flags >> kQuotaIntervalShift & kQuotaMask),
          .first_day = first_day};
}

using IpBytes = std::array<uint8_t, 16>;
using IdBytes = std::array<uint8_t, ObjectId::kBytes>;

struct RecordFixed {
  uint64_t begin_n = 0;
  int64_t time_us = 0;
  uint64_t config_revision = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  uint64_t limit_used = 0;
  uint64_t limit_limit = 0;
  std::array<uint32_t, kTimings> timings_us{};
  IpBytes client_ip{}, peer_ip{};
  IdBytes collection_id{}, proxy_id{}, client_id{}, profile_id{}, policy_id{};
  uint16_t status = 0;
  uint16_t upstream_status = 0;
  uint16_t upstream_attempts = 0;
  uint8_t kind = 0;
  uint8_t phase = 0;
  uint16_t flags = 0;
  std::array<uint16_t, kTexts> text_bytes{};
  uint16_t quota_day = 0;
};
static_assert(sizeof(RecordFixed) == 232);
static_assert(sizeof(RecordFixed) + sum(kTextMax) <= kRecordBytesMax);

struct AdminFixed {
  int64_t time_us = 0;
  uint64_t config_revision = 0;
  IpBytes client_ip{};
  uint16_t status = 0;
  uint16_t flags = 0;
  std::array<uint16_t, kAdminTexts> text_bytes{};
  uint16_t zero = 0;
};
static_assert(sizeof(AdminFixed) == 64);
static_assert(sizeof(AdminFixed) + sum(kAdminTextMax) <= kAdminBytesMax);

struct BeginFixed {
  int64_t time_us = 0;
  std::array<uint8_t, 16> request_uuid{};
  IdBytes client_id{}, profile_id{}, proxy_id{};
  uint16_t flags = 0;
  uint16_t quota_day = 0;
};
static_assert(sizeof(BeginFixed) == kBeginBytes);

uint16_t flag(bool is_set, Flag value) { return is_set ? value : 0; }

template <size_t N>
size_t texts_bytes(const std::array<std::string_view*, N>& texts,
                   const std::array<uint16_t, N>& text_max) {
  size_t total = 0;
  for (size_t i = 0; i < N; ++i) {
    total += std::min<size_t>(texts[i]->size(), text_max[i]);
  }
  return total;
}

template <class Fixed, size_t N>
void write(Fixed& fixed, const std::array<std::string_view*, N>& texts,
           const std::array<uint16_t, N>& text_max, std::byte* to) {
  std::byte* at = to + sizeof fixed;
  for (size_t i = 0; i < N; ++i) {
    const size_t bytes = std::min<size_t>(texts[i]->size(), text_max[i]);
    fixed.text_bytes[i] = static_cast<uint16_t>(bytes);
    // An empty view may have no address at all.
    if (bytes != 0) {
      std::memcpy(at, texts[i]->data(), bytes);
      at += bytes;
    }
  }
  std::memcpy(to, &fixed, sizeof fixed);
}

template <class Fixed, size_t N>
bool read(Bytes payload, Fixed& fixed, const std::array<std::string_view*, N>& texts) {
  if (payload.size() < sizeof fixed) {
    return false;
  }
  std::memcpy(&fixed, payload.data(), sizeof fixed);
  if (payload.size() != sizeof fixed + sum(fixed.text_bytes)) {
    return false;
  }
  size_t at = sizeof fixed;
  for (size_t i = 0; i < N; ++i) {
    *texts[i] = as_text(payload.subspan(at, fixed.text_bytes[i]));
    at += fixed.text_bytes[i];
  }
  return true;
}

IpAddress ip_of(bool is_set, const IpBytes& bytes) {
  return is_set ? IpAddress::v6(bytes) : IpAddress();
}

// The tables above name the texts of a record that is written to; encoding only reads them.
Record& writable(const Record& record) { return const_cast<Record&>(record); }
AdminRecord& writable(const AdminRecord& record) { return const_cast<AdminRecord&>(record); }

}  // namespace

size_t encoded_bytes(const Record& record) noexcept {
  return sizeof(RecordFixed) + texts_bytes(texts_of(writable(record)), kTextMax);
}

void encode_record(const Record& r, uint64_t begin_n, std::byte* to) noexcept {
  RecordFixed fixed{
      .begin_n = begin_n,
      .time_us = r.time.us,
      .config_revision = r.config_revision,
      .bytes_in = r.bytes_in,
      .bytes_out = r.bytes_out,
      .limit_used = r.limit.used,
      .limit_limit = r.limit.limit,
      .timings_us = r.timings_us,
      .client_ip = r.client_ip.mapped_bytes(),
      .peer_ip = r.peer_ip.mapped_bytes(),
      .collection_id = r.collection_id.bytes(),
      .proxy_id = r.proxy_id.bytes(),
      .client_id = r.client_id.bytes(),
      .profile_id = r.profile_id.bytes(),
      .policy_id = r.limit.policy_id.bytes(),
      .status = r.status,
      .upstream_status = r.upstream.status,
      .upstream_attempts = r.upstream.attempts,
      .kind = static_cast<uint8_t>(r.kind),
      .phase = static_cast<uint8_t>(r.phase),
      .flags = static_cast<uint16_t>(
          flag(r.is_tls, kIsTls) | flag(r.scopes.was_checked, kScopesChecked) |
          flag(r.limit.was_checked, kLimitChecked) | flag(r.limit.is_degraded, kLimitDegraded) |
          flag(r.upstream.was_reused, kUpstreamReused) | flag(r.client_ip.is_set(), kHasClientIp) |
          flag(r.peer_ip.is_set(), kHasPeerIp) | quota_flags(r.quota)),
      .quota_day = r.quota.first_day,
  };
  write(fixed, texts_of(writable(r)), kTextMax, to);
}

std::optional<DecodedRecord> decode_record(Bytes payload) noexcept {
  DecodedRecord decoded;
  Record& r = decoded.record;
  RecordFixed fixed;
  if (!read(payload, fixed, texts_of(r)) || fixed.kind > static_cast<uint8_t>(RecordKind::kAdmin) ||
      fixed.phase > static_cast<uint8_t>(RecordPhase::kEnd)) {
    return std::nullopt;
  }
  decoded.begin_n = fixed.begin_n;
  r.kind = static_cast<RecordKind>(fixed.kind);
  r.phase = static_cast<RecordPhase>(fixed.phase);
  r.time = WallTime{fixed.time_us};
  r.config_revision = fixed.config_revision;
  r.client_ip = ip_of((fixed.flags & kHasClientIp) != 0, fixed.client_ip);
  r.peer_ip = ip_of((fixed.flags & kHasPeerIp) != 0, fixed.peer_ip);
  r.is_tls = (fixed.flags & kIsTls) != 0;
  r.collection_id = ObjectId(fixed.collection_id);
  r.proxy_id = ObjectId(fixed.proxy_id);
  r.client_id = ObjectId(fixed.client_id);
  r.profile_id = ObjectId(fixed.profile_id);
  r.scopes.was_checked = (fixed.flags & kScopesChecked) != 0;
  r.limit.policy_id = ObjectId(fixed.policy_id);
  r.limit.used = fixed.limit_used;
  r.limit.limit = fixed.limit_limit;
  r.limit.is_degraded = (fixed.flags & kLimitDegraded) != 0;
  r.limit.was_checked = (fixed.flags & kLimitChecked) != 0;
  r.quota = quota_of(fixed.flags, fixed.quota_day);
  if (r.quota.is_set()) {
    // By client, profile, collection or proxy.
    const std::array<ObjectId, 4> parts = {ObjectId(), r.profile_id, r.collection_id, r.proxy_id};
    r.quota.policy_id = r.limit.policy_id;
    r.quota.part = parts[r.quota.per];
  }
  r.upstream.status = fixed.upstream_status;
  r.upstream.attempts = fixed.upstream_attempts;
  r.upstream.was_reused = (fixed.flags & kUpstreamReused) != 0;
  r.status = fixed.status;
  r.bytes_in = fixed.bytes_in;
  r.bytes_out = fixed.bytes_out;
  r.timings_us = fixed.timings_us;
  return decoded;
}

size_t encoded_bytes(const BeginMark& mark) noexcept {
  return mark.quota.is_set() ? kBeginBytesMax : kBeginBytes;
}

void encode_begin(const BeginMark& mark, std::byte* to) noexcept {
  const BeginFixed fixed{.time_us = mark.time.us,
                         .request_uuid = mark.request_uuid,
                         .client_id = mark.client_id.bytes(),
                         .profile_id = mark.profile_id.bytes(),
                         .proxy_id = mark.proxy_id.bytes(),
                         .flags = static_cast<uint16_t>(flag(mark.is_foreign_id, kForeignId) |
                                                        quota_flags(mark.quota)),
                         .quota_day = mark.quota.first_day};
  std::memcpy(to, &fixed, sizeof fixed);
  if (mark.quota.is_set()) {
    const std::array<ObjectId, 2> ids = {mark.quota.policy_id, mark.quota.part};
    std::memcpy(to + kBeginBytes, ids.data(), sizeof ids);
  }
}

std::optional<BeginMark> decode_begin(Bytes payload) noexcept {
  if (payload.size() != kBeginBytes && payload.size() != kBeginBytesMax) {
    return std::nullopt;
  }
  BeginFixed fixed;
  std::memcpy(&fixed, payload.data(), sizeof fixed);
  QuotaUse quota;
  if (payload.size() == kBeginBytesMax) {
    quota = quota_of(fixed.flags, fixed.quota_day);
    std::array<ObjectId, 2> ids;
    std::memcpy(ids.data(), payload.data() + kBeginBytes, sizeof ids);
    quota.policy_id = ids[0];
    quota.part = ids[1];
  }
  return BeginMark{.time = WallTime{fixed.time_us},
                   .request_uuid = fixed.request_uuid,
                   .client_id = ObjectId(fixed.client_id),
                   .profile_id = ObjectId(fixed.profile_id),
                   .proxy_id = ObjectId(fixed.proxy_id),
                   .is_foreign_id = (fixed.flags & kForeignId) != 0,
                   .quota = quota};
}

std::optional<CountedUse> find_quota_use(FrameType type, Bytes payload) noexcept {
  if (type == FrameType::kBegin && payload.size() == kBeginBytesMax) {
    const std::optional<BeginMark> mark = decode_begin(payload);
    return mark->quota.is_set()
               ? std::optional(CountedUse{.client = mark->client_id, .use = mark->quota})
               : std::nullopt;
  }
  if (type != FrameType::kEnd || payload.size() < sizeof(RecordFixed)) {
    return std::nullopt;
  }
  RecordFixed fixed;
  std::memcpy(&fixed, payload.data(), sizeof fixed);
  if (fixed.begin_n != 0 || !quota_of(fixed.flags, 0).is_set()) {
    return std::nullopt;
  }
  const std::optional<DecodedRecord> decoded = decode_record(payload);
  return decoded.has_value() ? std::optional(CountedUse{.client = decoded->record.client_id,
                                                        .use = decoded->record.quota})
                             : std::nullopt;
}

FrameKeys peek_keys(FrameType type, Bytes payload) noexcept {
  FrameKeys keys;
  const bool has_begin = type == FrameType::kEnd || type == FrameType::kOpen;
  if (payload.size() < (has_begin ? 16 : 8)) {
    return keys;
  }
  static_assert(offsetof(RecordFixed, begin_n) == 0 && offsetof(RecordFixed, time_us) == 8);
  static_assert(offsetof(AdminFixed, time_us) == 0 && offsetof(BeginFixed, time_us) == 0);
  std::memcpy(&keys.time_us, payload.data() + (has_begin ? 8 : 0), sizeof keys.time_us);
  if (has_begin) {
    std::memcpy(&keys.begin_n, payload.data(), sizeof keys.begin_n);
  }
  return keys;
}

size_t encoded_bytes(const AdminRecord& record) noexcept {
  return sizeof(AdminFixed) + texts_bytes(texts_of(writable(record)), kAdminTextMax);
}

void encode_admin(const AdminRecord& r, std::byte* to) noexcept {
  AdminFixed fixed{.time_us = r.time.us,
                   .config_revision = r.config_revision,
                   .client_ip = r.client_ip.mapped_bytes(),
                   .status = r.status,
                   .flags = flag(r.client_ip.is_set(), kHasClientIp)};
  write(fixed, texts_of(writable(r)), kAdminTextMax, to);
}

std::optional<AdminRecord> decode_admin(Bytes payload) noexcept {
  AdminRecord r;
  AdminFixed fixed;
  if (!read(payload, fixed, texts_of(r))) {
    return std::nullopt;
  }
  r.time = WallTime{fixed.time_us};
  r.config_revision = fixed.config_revision;
  r.client_ip = ip_of((fixed.flags & kHasClientIp) != 0, fixed.client_ip);
  r.status = fixed.status;
  return r;
}

}  // namespace zerq::audit
