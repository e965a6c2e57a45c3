// SPDX-License-Identifier: Apache-2.0
#include "proxy/error_reply.h"

#include <array>
#include <string>

#include "base/check.h"
#include "filters/parameter_set.h"
#include "proxy/head_rewrite.h"
#include "text/json_writer.h"

namespace zerq::proxy {
namespace {

using http::ReplyCode;

constexpr size_t kCodes = static_cast<size_t>(ReplyCode::kCount);

constexpr std::array<ReplyRule, kCodes> make_table() {
  std::array<ReplyRule, kCodes> table{};
  const auto set = [&table](ReplyCode code, ReplyRule rule) {
    table[static_cast<size_t>(code)] = rule;
  };
  // Where the framing of what follows is in doubt the connection closes (semantics §8).
  set(ReplyCode::kMalformedRequest,
      {400, "malformed_request", "The request is not valid HTTP.", true});
  set(ReplyCode::kAmbiguousPath,
      {400, "ambiguous_path", "The path can be read in more than one way."});
  set(ReplyCode::kValidationFailed,
      {400, "validation_failed", "The request does not match its description."});
  set(ReplyCode::kInvalidToken, {401, "invalid_token", "A valid credential is required."});
  set(ReplyCode::kAccessDenied, {403, "access_denied", "This caller has no access."});
  set(ReplyCode::kInsufficientScope,
      {403, "insufficient_scope", "The credential lacks a required scope."});
  set(ReplyCode::kRouteNotFound, {404, "route_not_found", "Nothing is published at this path."});
  set(ReplyCode::kMethodNotAllowed,
      {405, "method_not_allowed", "The method is not allowed here; see Allow."});
  set(ReplyCode::kRequestTimeout,
      {408, "request_timeout", "The request did not arrive in time.", true});
  set(ReplyCode::kBodyTooLarge, {413, "body_too_large", "The request body is too large.", true});
  set(ReplyCode::kUriTooLong, {414, "uri_too_long", "The request target is too long.", true});
  set(ReplyCode::kUnsupportedMediaType,
      {415, "unsupported_media_type", "The media type is not accepted here."});
  set(ReplyCode::kExpectationFailed,
      {417, "expectation_failed", "Only Expect: 100-continue is understood.", true});
  set(ReplyCode::kHeadersTooLarge,
      {431, "headers_too_large", "The request headers are too large.", true});
  set(ReplyCode::kRateLimitExceeded,
      {429, "rate_limit_exceeded", "Too many requests; see Retry-After."});
  set(ReplyCode::kQuotaExceeded, {429, "quota_exceeded", "The quota is used up; see Retry-After."});
  set(ReplyCode::kConcurrencyExceeded,
      {429, "concurrency_exceeded", "Too many requests at once.", false, 1});
  set(ReplyCode::kInternalError, {500, "internal_error", "The gateway failed."});
  set(ReplyCode::kSecretUnavailable,
      {500, "secret_unavailable", "A configured secret is not available."});
  set(ReplyCode::kNotImplemented, {501, "not_implemented", "The method is not implemented.", true});
  set(ReplyCode::kHttpVersionNotSupported,
      {505, "http_version_not_supported", "The HTTP version is not supported.", true});
  set(ReplyCode::kUpstreamUnreachable,
      {502, "upstream_unreachable", "The upstream could not be reached."});
  set(ReplyCode::kUpstreamInvalid,
      {502, "upstream_invalid", "The upstream's answer is not valid HTTP."});
  set(ReplyCode::kUpstreamTls, {502, "upstream_tls", "The upstream's TLS identity failed."});
  set(ReplyCode::kUpstreamForbidden,
      {502, "upstream_forbidden", "The upstream's address is not allowed."});
  set(ReplyCode::kNoHealthyTarget,
      {503, "no_healthy_target", "No upstream target is healthy.", false, 1});
  set(ReplyCode::kCircuitOpen, {503, "circuit_open", "The upstream is failing.", false, 1});
  set(ReplyCode::kOverloaded, {503, "overloaded", "Too many requests are waiting.", false, 1});
  set(ReplyCode::kAuditUnavailable,
      {503, "audit_unavailable", "The audit journal is not available.", false, 1});
  set(ReplyCode::kLimiterUnavailable,
      {503, "limiter_unavailable", "The limit state is not available.", false, 1});
  set(ReplyCode::kKeysUnavailable,
      {503, "keys_unavailable", "The verification keys are not available.", false, 1});
  set(ReplyCode::kDraining, {503, "draining", "The gateway is shutting down.", true, 1});
  set(ReplyCode::kUpstreamTimeout,
      {504, "upstream_timeout", "The upstream did not answer in time."});
  set(ReplyCode::kClientAborted, {499, "client_aborted", ""});
  set(ReplyCode::kUpstreamTruncated, {0, "upstream_truncated", ""});
  set(ReplyCode::kGatewayCrashed, {0, "gateway_crashed", ""});
  return table;
}

constexpr std::array<ReplyRule, kCodes> kTable = make_table();

}  // namespace

const ReplyRule& reply_rule(ReplyCode code) noexcept { return kTable[static_cast<size_t>(code)]; }

namespace {

// `,"details":[…]` of a request that step 11 refused; else nothing.
std::string_view write_details(ExchangeState& state) {
  if (state.reply != ReplyCode::kValidationFailed || state.admission.violations.empty()) {
    return {};
  }
  std::string text = R"(,"details":)";
  text::JsonWriter json(text);
  json.begin_array();
  for (const filters::Violation& violation : state.admission.violations) {
    json.begin_object();
    json.member("pointer", violation.pointer);
    json.member("message", violation.message);
    json.end_object();
  }
  json.end_array();
  return state.arena.copy(text);
}

}  // namespace

void write_error_reply(ExchangeState& state, io::BufferChain& out) {
  const ReplyRule& rule = reply_rule(state.reply);
  DCHECK(rule.status >= 400 && rule.status != 499);
  state.status = rule.status;
  state.must_close = state.must_close || rule.closes || state.body_unread;

  const std::array<std::string_view, 9> parts = {
      R"({"error":")",  rule.code, R"(","message":")",   rule.message, R"(","request_id":")",
      state.request_id, R"(")",    write_details(state), "}"};
  size_t body_bytes = 0;
  for (const std::string_view part : parts) {
    body_bytes += part.size();
  }
  write_local_head(state,
                   LocalReply{.status = rule.status,
                              .content_type = "application/json",
                              .body_bytes = body_bytes,
                              .retry_after_s = rule.retry_after_s},
                   out);
  if (state.head.method == http::Method::kHead) {
    return;  // RFC 9110 §9.3.2: the length of what GET would have answered, without it.
  }
  for (const std::string_view part : parts) {
    out.append(part);
  }
  state.bytes_out += body_bytes;
}

}  // namespace zerq::proxy
