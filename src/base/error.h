// SPDX-License-Identifier: Apache-2.0
// What went wrong, in four words: code, source, retry, detail (after Pingora). Trivially copyable
// and free of allocation, so that it may travel the hot path. The operator's mistakes in
// configuration are Diagnostics (config/diagnostic.h), not Errors.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

namespace zerq {

enum class ErrorCode : uint8_t {
  kEof,          // The peer closed its sending side in order (FIN).
  kReset,        // The connection broke: RST, EPIPE, or any other socket error.
  kTimedOut,     // The deadline of the wait passed.
  kCancelled,    // The owner asked the wait to end.
  kRefused,      // Nobody listens there, or no route to it.
  kResolve,      // The name has no address.
  kForbidden,    // The address policy denies the destination.
  kMalformed,    // Bytes that the grammar does not allow.
  kTooLarge,     // A limit of size or count was passed.
  kUnsupported,  // Valid, but not built or not allowed here.
  kNotFound,
  kConflict,
  kExhausted,    // A pool, queue or budget is full.
  kUnavailable,  // The service behind it does not answer.
  kIo,           // A file or device failed; `os_errno` says how.
  kCorrupt,      // Stored bytes fail their check.
  kInternal,
};

enum class ErrorSource : uint8_t { kPeer, kUpstream, kGateway };

// Whether the same attempt may be made again.
enum class Retry : uint8_t { kNever, kAlways, kIfReused };

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  ErrorSource source = ErrorSource::kGateway;
  Retry retry = Retry::kNever;
  int32_t os_errno = 0;
  // Static text, or a view into the arena of the exchange that carries the error.
  std::string_view detail;

  friend bool operator==(const Error& a, const Error& b) {
    return a.code == b.code && a.source == b.source && a.detail == b.detail;
  }
};
static_assert(std::is_trivially_copyable_v<Error>);

// The enumerator without its `k`, in snake_case: "timed_out".
std::string_view error_code_name(ErrorCode code) noexcept;

}  // namespace zerq
