// SPDX-License-Identifier: Apache-2.0
#include "proxy/local_answer.h"

#include <string>

#include "proxy/head_rewrite.h"
#include "telemetry/readiness.h"

namespace zerq::proxy {
namespace {

constexpr std::string_view kAllMethods = "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS";

bool is_health_path(std::string_view path) { return path == "/healthz" || path == "/readyz"; }

void write_health(ExchangeState& state, io::BufferChain& out) {
  const bool is_readyz = state.head.raw_path == "/readyz";
  const telemetry::Readiness& readiness = state.shard.readiness();
  const bool is_good =
      is_readyz ? readiness.is_ready() : !readiness.has(telemetry::NotReady::kShardStuck);
  const std::string body = is_readyz ? readiness.to_json()
                           : is_good ? R"({"status":"alive"})"
                                     : R"({"status":"stuck"})";
  state.leaves_no_record = true;
  state.status = is_good ? 200 : 503;
  write_local_head(state,
                   LocalReply{.status = state.status,
                              .content_type = "application/json",
                              .body_bytes = body.size(),
                              .retry_after_s = is_good ? 0U : 1U},
                   out);
  if (state.head.method != http::Method::kHead) {
    out.append(body);
  }
}

}  // namespace

bool is_answered_locally(const ExchangeState& state) {
  const http::RequestHead& head = state.head;
  return is_health_path(head.raw_path) ||
         (head.method == http::Method::kOptions && head.raw_path == "*");
}

void write_local_answer(ExchangeState& state, io::BufferChain& out) {
  const http::RequestHead& head = state.head;
  if (head.framing != http::Framing::kNone) {
    state.body_unread = state.must_close = true;
  }
  if (state.is_preflight) {
    state.status = 204;
    write_local_head(state, LocalReply{.status = 204}, out);
    return;
  }
  if (!is_health_path(head.raw_path)) {
    state.status = 204;
    write_local_head(state, LocalReply{.status = 204, .allow = kAllMethods}, out);
    return;
  }
  if (head.method == http::Method::kGet || head.method == http::Method::kHead) {
    write_health(state, out);
    return;
  }
  state.leaves_no_record = true;
  state.status = 405;
  write_local_head(state, LocalReply{.status = 405, .allow = "GET, HEAD"}, out);
}

}  // namespace zerq::proxy
