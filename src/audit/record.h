// SPDX-License-Identifier: Apache-2.0
// One audit record as the data plane fills it (product §8, semantics §9). A plain struct of values
// and views: it is encoded into a journal frame at once (audit/lane.h) and never kept. A field that
// was not reached stays empty and is null or absent in the JSON form (docs/audit-format.md).
// Everything secret is masked before it comes here.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/ip_address.h"
#include "base/object_id.h"

namespace zerq::audit {

enum class RecordKind : uint8_t { kRequest, kConnection, kScheduled, kSummary, kGap, kAdmin };
enum class RecordPhase : uint8_t { kWhole, kOpen, kEnd };

// The phases of an exchange, in the words of logs, metrics, records and docs.
enum class Timing : uint8_t {
  kQueue,
  kReadHead,
  kRoute,
  kAuth,
  kLimit,
  kWorkflow,
  kConnect,
  kTtfb,
  kBody,
  kTotal,
  kCount
};
inline constexpr uint32_t kTimingAbsent = UINT32_MAX;

// What an admitted request took from a quota, so that it can be counted again after a crash. In the
// begin of a request, or in the record of one that has none.
struct QuotaUse {
  ObjectId policy_id;
  ObjectId part;  // The profile, collection or proxy that is counted apart.
  uint8_t per = 0;  // limits::LimitPer.
  uint8_t interval = 0;  // limits::QuotaInterval; 0: no quota counted it.
  uint16_t first_day = 0;  // Of its window, in days since 1970-01-01.

  bool is_set() const { return interval != 0; }
};

struct Record {
  RecordKind kind = RecordKind::kRequest;
  RecordPhase phase = RecordPhase::kWhole;
  WallTime time;  // When the first byte of the request was read.
  std::string_view request_id;  // UUIDv7 text, or the trusted peer's.
  uint64_t config_revision = 0;
  IpAddress client_ip;  // From the trusted-proxy walk.
  IpAddress peer_ip;
  std::string_view protocol;  // "HTTP/1.1"
  bool is_tls = false;
  std::string_view method;
  std::string_view host;
  std::string_view path;  // Canonical.
  std::string_view query;  // Secret-looking values masked.
  std::string_view raw_target;  // ≤ 256 bytes, only where refused.
  ObjectId collection_id, proxy_id;
  ObjectId client_id, profile_id;
  struct Auth {
    std::string_view type;  // "none", "token", "jwt", "oidc"; empty: not reached.
    std::string_view subject;
    std::string_view key_id;
    std::string_view result;  // "ok", "refused".
  } auth;
  struct Scopes {
    std::string_view required;  // Space-separated.
    std::string_view granted;
    bool was_checked = false;
  } scopes;
  struct Limit {
    ObjectId policy_id;
    uint64_t used = 0;
    uint64_t limit = 0;
    bool is_degraded = false;
    bool was_checked = false;
  } limit;
  QuotaUse quota;
  struct Upstream {
    std::string_view address;  // "127.0.0.1:9000"; empty: none was tried.
    uint16_t status = 0;
    uint16_t attempts = 0;
    bool was_reused = false;
  } upstream;
  uint16_t status = 0;
  std::string_view error;  // Code of semantics §8; empty: none.
  std::string_view reason;  // Finer than the code; only ever here.
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  std::array<uint32_t, static_cast<size_t>(Timing::kCount)> timings_us = all_absent();

  static constexpr std::array<uint32_t, static_cast<size_t>(Timing::kCount)> all_absent() {
    std::array<uint32_t, static_cast<size_t>(Timing::kCount)> timings{};
    timings.fill(kTimingAbsent);
    return timings;
  }
};

// Written before the first byte of a request goes to an upstream (architecture §7).
struct BeginMark {
  WallTime time;
  std::array<uint8_t, 16>
      request_uuid{};  // The bytes of a UUID; of a foreign id its first 16 bytes of SHA-256.
  ObjectId client_id, profile_id, proxy_id;
  bool is_foreign_id = false;  // The request id is a trusted peer's, and no UUID.
  QuotaUse quota;
};

}  // namespace zerq::audit
