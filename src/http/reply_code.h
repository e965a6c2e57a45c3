// SPDX-License-Identifier: Apache-2.0
// The closed list of error codes that a caller can meet (semantics §8). Here only the names;
// what each one answers (status, message, headers) is decided in proxy/error_reply.cc alone.
#pragma once

#include <cstdint>

namespace zerq::http {

enum class ReplyCode : uint8_t {
  kNone,
  kMalformedRequest,
  kAmbiguousPath,
  kValidationFailed,                 // 400
  kInvalidToken,                                                        // 401
  kAccessDenied,
  kInsufficientScope,                                    // 403
  kRouteNotFound,
  kMethodNotAllowed,
  kRequestTimeout,                   // 404 405 408
  kBodyTooLarge,
  kUriTooLong,
  kUnsupportedMediaType,                    // 413 414 415
  kExpectationFailed,
  kHeadersTooLarge,                                 // 417 431
  kRateLimitExceeded,
  kQuotaExceeded,
  kConcurrencyExceeded,             // 429
  kInternalError,
  kSecretUnavailable,
  kNotImplemented,                  // 500 500 501
  kHttpVersionNotSupported,                                             // 505
  kUpstreamUnreachable,
  kUpstreamInvalid,
  kUpstreamTls,
  kUpstreamForbidden,  // 502
  kNoHealthyTarget,
  kCircuitOpen,
  kOverloaded,
  kAuditUnavailable,       // 503
  kLimiterUnavailable,
  kKeysUnavailable,
  kDraining,                     // 503
  kUpstreamTimeout,                                                     // 504
  kClientAborted,
  kUpstreamTruncated,
  kGatewayCrashed,                  // Record only.
  kCount,
};

}  // namespace zerq::http
