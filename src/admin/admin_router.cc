// SPDX-License-Identifier: Apache-2.0
#include "admin/admin_router.h"

#include "admin/operations/audit_records.h"
#include "crypto/constant_time.h"
#include "crypto/digest.h"
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
  AdminReply reply = co_await route(request);
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
  co_return error_reply(request, 404, "not_found", "There is no such resource.");
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
