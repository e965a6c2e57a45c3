// SPDX-License-Identifier: Apache-2.0
#include "admin/admin_router.h"

#include <algorithm>

#include "admin/operations/audit_records.h"
#include "admin/operations/configuration.h"
#include "admin/operations/objects.h"
#include "crypto/constant_time.h"
#include "crypto/digest.h"
#include "io/blocking_call.h"
#include "text/json_writer.h"

namespace zerq::admin {
namespace {

constexpr std::string_view kFrontPage =
    "<!doctype html><title>Zerq Gateway</title><p>Zerq Gateway: management listener. "
    "Records: <code>GET /api/v1/audit/requests</code>.</p>\n";

std::string_view host_without_port(std::string_view host) {
  if (!host.empty() && host.front() == '[') {
    const size_t end = host.find(']');
    return end == std::string_view::npos ? host : host.substr(0, end + 1);
  }
  return host.substr(0, host.find(':'));
}

bool is_loopback_host(std::string_view host) {
  if (host == "localhost" || host == "[::1]") {
    return true;
  }
  const std::optional<IpAddress> ip = IpAddress::parse(host);
  return ip.has_value() && ip->is_loopback();
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    parts.emplace_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

AdminReply not_allowed(const AdminRequest& request, std::string_view allow) {
  AdminReply reply =
      error_reply(request, 405, "method_not_allowed", "The method is not allowed here; see Allow.");
  reply.allow = allow;
  return reply;
}

}  // namespace

AdminReply error_reply(const AdminRequest& request, uint16_t status, std::string_view code,
                       std::string_view message) {
  AdminReply reply{.status = status};
  text::JsonWriter json(reply.body);
  json.begin_object();
  json.member("error", code);
  json.member("message", message);
  json.member("request_id", request.request_id);
  json.end_object();
  return reply;
}

AdminRouter::AdminRouter(Parts parts) : parts_(std::move(parts)) {}

Task<AdminReply> AdminRouter::call(AdminRequest request) {
  const bool is_recorded = request.path.starts_with("/api/");
  request.actor = request.is_local_socket ? "socket" : "bootstrap";
  AdminReply reply = co_await route(request);
  reply.request_id = request.request_id;
  if (is_recorded) {
    const bool is_let_in = reply.status != 401 && reply.status != 403 && reply.status != 421;
    parts_.audit.append_admin({.time = parts_.loop.wall_now(),
                               .event = "call",
                               .request_id = request.request_id,
                               .via = "rest",
                               .actor = request.is_local_socket ? "socket"
                                        : is_let_in             ? "bootstrap"
                                                                : "",
                               .client_ip = request.peer_ip,
                               .method = request.method,
                               .path = request.path,
                               .status = reply.status});
  }
  co_return reply;
}

Task<AdminReply> AdminRouter::route(const AdminRequest& request) {
  if (!request.is_local_socket && !is_known_host(request.host)) {
    co_return error_reply(request, 421, "misdirected",
                          "This host is not served here; see --admin-host.");
  }
  if (!request.origin.empty() && request.origin != "http://" + request.host) {
    co_return error_reply(request, 403, "forbidden", "Cross-origin calls are refused.");
  }
  const bool is_get = request.method == "GET" || request.method == "HEAD";
  if (request.path == "/healthz" || request.path == "/readyz") {
    co_return is_get ? health(request) : not_allowed(request, "GET, HEAD");
  }
  if (request.path == "/") {
    co_return is_get
        ? AdminReply{.content_type = "text/html; charset=utf-8", .body = std::string(kFrontPage)}
        : not_allowed(request, "GET, HEAD");
  }
  const bool is_metrics = request.path == "/metrics";
  if (!(is_metrics && parts_.metrics_are_open) && !is_authorised(request)) {
    co_return error_reply(request, 401, "unauthorized", "An admin token is required.");
  }
  if (is_metrics) {
    co_return is_get ? AdminReply{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                                  .body = parts_.metrics_page()}
                     : not_allowed(request, "GET, HEAD");
  }
  if (request.path == "/api/v1/audit/requests" || request.path == "/api/v1/audit/admin") {
    if (!is_get) {
      co_return not_allowed(request, "GET, HEAD");
    }
    const auto stream =
        request.path.ends_with("/admin") ? audit::Stream::kAdmin : audit::Stream::kRequests;
    co_return co_await list_audit_records(parts_.audit, parts_.blocking, parts_.loop, request,
                                          stream);
  }
  co_return co_await call_api(request);
}

Task<AdminReply> AdminRouter::call_api(const AdminRequest& request) {
  constexpr std::string_view kPrefix = "/api/v1/";
  if (!request.path.starts_with(kPrefix)) {
    co_return error_reply(request, 404, "not_found", "There is no such resource.");
  }
  const bool is_write =
      request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  const bool is_json =
      request.content_type == "application/json" ||
      (request.method == "PATCH" && request.content_type == "application/merge-patch+json");
  if (is_write && !is_json && !(request.body.empty() && request.content_type.empty())) {
    co_return error_reply(request, 415, "unsupported_media_type",
                          "Write calls take application/json.");
  }
  if (request.path == "/api/v1/tokens/bootstrap") {
    co_return co_await reset_token(request);
  }
  std::vector<std::string> path = split_path(request.path.substr(kPrefix.size()));
  const Result<AdminReply> reply = co_await io::BlockingCall<AdminReply>(
      parts_.blocking, parts_.loop,
      [&parts = parts_.configuration, request, path](io::Blocking token) -> Result<AdminReply> {
        if (auto answer = call_configuration(token, parts, request, path)) {
          return *std::move(answer);
        }
        if (auto answer = call_objects(token, parts.config, request, path)) {
          return *std::move(answer);
        }
        return error_reply(request, 404, "not_found", "There is no such resource.");
      });
  co_return reply.has_value()
      ? *reply
      : error_reply(request, 503, "store_unavailable", "Too many calls at once; try again.");
}

// For whoever owns the data directory and has lost the token (semantics §10).
Task<AdminReply> AdminRouter::reset_token(const AdminRequest& request) {
  if (request.method != "POST") {
    co_return not_allowed(request, "POST");
  }
  if (!request.is_local_socket) {
    co_return error_reply(request, 403, "forbidden", "Only through the local socket.");
  }
  const auto& make_token = parts_.configuration.make_admin_token;
  if (make_token == nullptr) {
    co_return error_reply(request, 409, "conflict",
                          "The token comes from ZERQ_ADMIN_TOKEN; change it there.");
  }
  const Result<std::string> token = co_await io::BlockingCall<std::string>(
      parts_.blocking, parts_.loop, [&make_token](io::Blocking b) { return make_token(b); });
  if (!token.has_value()) {
    co_return error_reply(request, 503, "store_unavailable", "The token cannot be written.");
  }
  parts_.token_hash = crypto::sha256(as_bytes(*token));
  AdminReply reply;
  text::JsonWriter json(reply.body);
  json.begin_object();
  json.member("token", *token);
  json.end_object();
  co_return reply;
}

AdminReply AdminRouter::health(const AdminRequest& request) const {
  if (request.path == "/readyz") {
    return {.status = static_cast<uint16_t>(parts_.readiness.is_ready() ? 200 : 503),
            .body = parts_.readiness.to_json()};
  }
  const bool is_stuck = parts_.readiness.has(telemetry::NotReady::kShardStuck);
  return {.status = static_cast<uint16_t>(is_stuck ? 503 : 200),
          .body = is_stuck ? R"({"status":"stuck"})" : R"({"status":"alive"})"};
}

bool AdminRouter::is_authorised(const AdminRequest& request) const {
  if (request.is_local_socket) {
    return true;
  }
  if (request.bearer.empty()) {
    return false;
  }
  const crypto::Digest256 given = crypto::sha256(as_bytes(request.bearer));
  return crypto::is_equal_constant_time(given, parts_.token_hash);
}

bool AdminRouter::is_known_host(std::string_view host) const {
  const std::string_view name = host_without_port(host);
  if (is_loopback_host(name)) {
    return true;
  }
  for (const std::string& known : parts_.hosts) {
    if (known == name) {
      return true;
    }
  }
  return false;
}

}  // namespace zerq::admin
