// SPDX-License-Identifier: Apache-2.0
// Records as the payload of a frame: one fixed part, then the texts without separators. Encoding is
// a handful of copies into the ring, without allocation; decoding gives views of the payload.
// Layout and the length that each text is cut to: docs/audit-format.md, "Payloads". Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "audit/admin_record.h"
#include "audit/frame_codec.h"
#include "audit/record.h"
#include "base/bytes.h"

namespace zerq::audit {

inline constexpr size_t kBeginBytes = 64;
// Of a begin that a quota counted.
inline constexpr size_t kBeginBytesMax = kBeginBytes + 2 * ObjectId::kBytes;
// Of every record of the kind, whatever its texts are.
inline constexpr size_t kRecordBytesMax = 13 * 1024;
inline constexpr size_t kAdminBytesMax = 48 * 1024;
inline constexpr size_t kAdminDetailBytesMax = 32 * 1024;

size_t encoded_bytes(const Record& record) noexcept;
// `to` has room for encoded_bytes(record).
void encode_record(const Record& record, uint64_t begin_n, std::byte* to) noexcept;
struct DecodedRecord {
  Record record;
  uint64_t begin_n = 0;
};
std::optional<DecodedRecord> decode_record(Bytes payload) noexcept;

// `to` has room for encoded_bytes(mark).
size_t encoded_bytes(const BeginMark& mark) noexcept;
void encode_begin(const BeginMark& mark, std::byte* to) noexcept;
// Also of its first kBeginBytes alone, and then without its quota.
std::optional<BeginMark> decode_begin(Bytes payload) noexcept;

// Of a frame that is the first of its request to say so.
struct CountedUse {
  ObjectId client;
  QuotaUse use;
};
std::optional<CountedUse> find_quota_use(FrameType type, Bytes payload) noexcept;

// What ordering and pairing need of a payload, without decoding it; zeros where it is too short.
struct FrameKeys {
  int64_t time_us = 0;
  uint64_t begin_n = 0;  // Of an end or open: the frame of its begin.
};
FrameKeys peek_keys(FrameType type, Bytes payload) noexcept;

size_t encoded_bytes(const AdminRecord& record) noexcept;
void encode_admin(const AdminRecord& record, std::byte* to) noexcept;
std::optional<AdminRecord> decode_admin(Bytes payload) noexcept;

}  // namespace zerq::audit
