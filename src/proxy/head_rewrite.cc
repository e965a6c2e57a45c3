// SPDX-License-Identifier: Apache-2.0
#include "proxy/head_rewrite.h"

#include <array>
#include <span>

#include "filters/caller_table.h"
#include "http/h1_writer.h"
#include "io/event_loop.h"
#include "limits/limit_decision.h"
#include "proxy/head_writer.h"
#include "proxy/query_parameter.h"
#include "proxy/snapshot.h"
#include "upstream/target.h"

namespace zerq::proxy {
namespace {

using http::Header;
using http::KnownHeader;

// Names that the Connection header of this message gives up (RFC 9110 §7.6.1).
class ConnectionNames {
 public:
  explicit ConnectionNames(const http::HeaderList& headers) {
    for (const Header& header : headers) {
      if (header.known == KnownHeader::kConnection) {
        add_list(header.value);
      }
    }
  }

  // Framing, identity and the gateway's own headers cannot be named away (product §5, D2.3).
  bool drops(const Header& header) const {
    if (count_ == 0 || is_protected(header.known)) {
      return false;
    }
    for (size_t i = 0; i < count_; ++i) {
      if (http::equals_ignoring_case(names_[i], header.name)) {
        return true;
      }
    }
    return false;
  }

 private:
  static bool is_protected(KnownHeader known) {
    switch (known) {
      case KnownHeader::kContentLength:
      case KnownHeader::kTransferEncoding:
      case KnownHeader::kHost:
      case KnownHeader::kAuthorization:
      case KnownHeader::kForwarded:
      case KnownHeader::kXForwardedFor:
      case KnownHeader::kXForwardedHost:
      case KnownHeader::kXForwardedProto:
      case KnownHeader::kXRequestId:
      case KnownHeader::kXClientId:
      case KnownHeader::kXProfileId:
      case KnownHeader::kTraceparent:
      case KnownHeader::kXZerq: return true;
      default: return false;
    }
  }

  void add_list(std::string_view list) {
    while (!list.empty()) {
      const size_t comma = list.find(',');
      std::string_view name = list.substr(0, comma);
      list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
      while (!name.empty() && (name.front() == ' ' || name.front() == '\t')) {
        name.remove_prefix(1);
      }
      while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) {
        name.remove_suffix(1);
      }
      const bool is_option = http::equals_ignoring_case(name, "close") ||
                             http::equals_ignoring_case(name, "keep-alive");
      if (!name.empty() && !is_option && count_ < names_.size()) {
        names_[count_++] = name;
      }
    }
  }

  std::array<std::string_view, 16> names_;
  size_t count_ = 0;
};

bool is_hop_by_hop(KnownHeader known) {
  switch (known) {
    case KnownHeader::kConnection:
    case KnownHeader::kKeepAlive:
    case KnownHeader::kProxyConnection:
    case KnownHeader::kProxyAuthenticate:
    case KnownHeader::kProxyAuthorization:
    case KnownHeader::kTe:
    case KnownHeader::kTransferEncoding:
    case KnownHeader::kUpgrade: return true;
    default: return false;
  }
}

// Headers of a request that the gateway answers for; a caller's copy never passes.
bool is_set_by_gateway(KnownHeader known) {
  switch (known) {
    case KnownHeader::kHost:
    case KnownHeader::kContentLength:
    case KnownHeader::kExpect:
    case KnownHeader::kForwarded:
    case KnownHeader::kXForwardedFor:
    case KnownHeader::kXForwardedHost:
    case KnownHeader::kXForwardedProto:
    case KnownHeader::kXRequestId:
    case KnownHeader::kXZerq: return true;
    default: return false;
  }
}

// Many servers read X_Client_Id as X-Client-Id, so the spelling may not slip one of ours through.
bool becomes_ours_with_dashes(std::string_view name) {
  if (name.find('_') == std::string_view::npos) {
    return false;
  }
  std::array<char, 32> dashed;
  if (name.size() > dashed.size()) {
    name = name.substr(0, dashed.size());  // None of ours is longer; X-Zerq- is a prefix.
  }
  for (size_t i = 0; i < name.size(); ++i) {
    dashed[i] = name[i] == '_' ? '-' : name[i];
  }
  const KnownHeader known = http::known_header({dashed.data(), name.size()});
  return is_set_by_gateway(known) || is_hop_by_hop(known) || known == KnownHeader::kXClientId ||
         known == KnownHeader::kXProfileId || known == KnownHeader::kAuthorization;
}

bool is_configured(std::string_view name, std::span<const ConfiguredHeader> configured) {
  for (const ConfiguredHeader& header : configured) {
    if (http::equals_ignoring_case(name, header.name)) {
      return true;
    }
  }
  return false;
}

bool is_removed(std::string_view name, std::span<const std::string> removed) {
  for (const std::string& other : removed) {
    if (http::equals_ignoring_case(name, other)) {
      return true;
    }
  }
  return false;
}

// Whether a caller's header reaches the upstream.
bool passes_upstream(const ExchangeState& state, const Header& header,
                     const ConnectionNames& named) {
  const RouteRuntime& route = *state.route;
  if (header.known != KnownHeader::kNone) {
    if (is_hop_by_hop(header.known) || is_set_by_gateway(header.known)) {
      return false;
    }
    if (!route.rules.forward_credentials) {
      if (header.known == KnownHeader::kXClientId || header.known == KnownHeader::kXProfileId) {
        return false;
      }
      if (header.known == KnownHeader::kAuthorization && state.admission.consumed_authorization) {
        return false;
      }
    }
  } else if (becomes_ours_with_dashes(header.name)) {
    return false;
  }
  if (state.admission.consumed_token_header && !route.rules.forward_credentials &&
      http::equals_ignoring_case(header.name, route.rules.token_header)) {
    return false;
  }
  return !named.drops(header) && !is_configured(header.name, route.upstream_headers);
}

size_t bytes_of(const http::HeaderList& headers) {
  size_t bytes = 0;
  for (const Header& header : headers) {
    bytes += header.name.size() + header.value.size() + 4;
  }
  return bytes;
}

size_t bytes_of(std::span<const ConfiguredHeader> headers) {
  size_t bytes = 0;
  for (const ConfiguredHeader& header : headers) {
    bytes += header.name.size() + header.value.size() + 4;
  }
  return bytes;
}

void write_framing(HeadWriter& out, BodyFraming body) {
  switch (body.framing) {
    case http::Framing::kContentLength: out.header("Content-Length", body.content_length); break;
    case http::Framing::kChunked: out.text("Transfer-Encoding: chunked\r\n"); break;
    case http::Framing::kNone:
    case http::Framing::kUntilClose: break;
  }
}

// X-Forwarded-*: the trusted peer's where it sent one, else what we saw ourselves.
void write_forwarded(HeadWriter& out, ExchangeState& state) {
  const auto trusted = [&state](KnownHeader known) -> const Header* {
    return state.peer_is_trusted ? state.head.headers.find(known) : nullptr;
  };
  std::array<char, IpAddress::kTextBytesMax> peer_text;
  const std::string_view peer(peer_text.data(), state.peer_ip.write_text(peer_text.data()));
  out.text("X-Forwarded-For: ");
  if (state.peer_is_trusted) {
    for (const Header& header : state.head.headers) {
      if (header.known == KnownHeader::kXForwardedFor) {
        out.text(header.value);
        out.text(", ");
      }
    }
  }
  out.text(peer);
  out.text("\r\n");
  const Header* proto = trusted(KnownHeader::kXForwardedProto);
  out.header("X-Forwarded-Proto", proto != nullptr ? proto->value : "http");
  const Header* host = trusted(KnownHeader::kXForwardedHost);
  out.header("X-Forwarded-Host", host != nullptr ? host->value : state.head.authority);
  out.text(state.peer_ip.is_v4() ? "Forwarded: for=" : "Forwarded: for=\"[");
  out.text(peer);
  out.text(state.peer_ip.is_v4() ? ";host=\"" : "]\";host=\"");
  out.text(state.head.authority);
  out.text("\";proto=http\r\n");
}

void write_identity(HeadWriter& out, const ExchangeState& state) {
  const filters::Admission& admission = state.admission;
  std::array<char, ObjectId::kTextBytes> id;
  if (admission.client != nullptr) {
    admission.client->id.write_text(id.data());
    out.header("X-Zerq-Client", {id.data(), id.size()});
  }
  if (admission.profile != nullptr) {
    admission.profile->id.write_text(id.data());
    out.header("X-Zerq-Profile", {id.data(), id.size()});
  }
  if (!admission.scopes_granted.empty()) {
    out.header("X-Zerq-Scopes", admission.scopes_granted);
  }
  out.header("X-Request-ID", state.request_id);
}

const CorsRules* cors_of(const ExchangeState& state) {
  return state.collection == nullptr ? nullptr : state.collection->cors;
}

// The rest of a preflight's answer is the same for all who may ask.
void write_cors(HeadWriter& out, const ExchangeState& state, const CorsRules& rules) {
  const Header* origin = state.head.headers.find(KnownHeader::kOrigin);
  const std::string_view allowed =
      allowed_origin(rules, origin == nullptr ? std::string_view() : origin->value);
  out.header("Vary", "Origin");
  if (allowed.empty()) {
    return;
  }
  out.header("Access-Control-Allow-Origin", allowed);
  out.text(rules.answer_fields);
  if (!state.is_preflight) {
    return;
  }
  out.text(rules.preflight_fields);
  if (rules.echoes_headers) {
    if (const std::string_view asked = asked_headers(state.head); !asked.empty()) {
      out.header("Access-Control-Allow-Headers", asked);
    }
  }
}

// What every answer carries whoever made it.
void write_answer_headers(HeadWriter& out, ExchangeState& state) {
  out.header("X-Request-ID", state.request_id);
  if (const CorsRules* cors = cors_of(state)) {
    write_cors(out, state, *cors);
  }
  if (state.admission.limit != nullptr) {
    const std::string_view fields =
        limits::write_limit_headers(*state.admission.limit, state.arena);
    out.text(fields);
  }
}

void write_connection(HeadWriter& out, const ExchangeState& state) {
  if (state.must_close) {
    out.text("Connection: close\r\n");
  } else if (state.head.version == http::Version::kHttp10) {
    out.text("Connection: keep-alive\r\n");
  }
}

// Without a body there is still a length to tell (RFC 9110 §8.6): that of what GET would have
// answered where the upstream said it, else zero.
void write_bodiless_length(HeadWriter& out, const ExchangeState& state,
                           const http::ResponseHead& response, BodyFraming body) {
  if (body.framing != http::Framing::kNone || response.status == 204) {
    return;
  }
  if (state.head.method == http::Method::kHead || response.status == 304) {
    if (const Header* length = response.headers.find(KnownHeader::kContentLength)) {
      out.header(length->name, length->value);
    }
    return;
  }
  out.header("Content-Length", uint64_t{0});
}

void write_allow(HeadWriter& out, http::MethodSet methods) {
  out.text("Allow: ");
  bool is_first = true;
  for (int i = 0; i < http::kMethodCount; ++i) {
    const auto method = static_cast<http::Method>(i);
    if (methods.has(method)) {
      out.text(is_first ? "" : ", ");
      out.text(http::method_name(method));
      is_first = false;
    }
  }
  out.text("\r\n");
}

bool is_limit_header(KnownHeader known) {
  return known == KnownHeader::kRateLimit || known == KnownHeader::kRateLimitPolicy ||
         known == KnownHeader::kRateLimitLimit || known == KnownHeader::kRateLimitRemaining ||
         known == KnownHeader::kRateLimitReset;
}

// Whether a header of the upstream's answer reaches the caller.
bool passes_to_client(const ExchangeState& state, const Header& header,
                      const ConnectionNames& named) {
  if (is_hop_by_hop(header.known) || header.known == KnownHeader::kXRequestId ||
      header.known == KnownHeader::kContentLength) {
    return false;
  }
  if (state.admission.limit != nullptr && is_limit_header(header.known)) {
    return false;
  }
  if (cors_of(state) != nullptr) {
    const bool is_ours = header.known == KnownHeader::kVary
                             ? http::equals_ignoring_case(header.value, "Origin")
                             : is_cors_header(header.name);
    if (is_ours) {
      return false;
    }
  }
  return !named.drops(header) && !is_removed(header.name, state.route->response_remove) &&
         !is_configured(header.name, state.route->response_set);
}

// Semantics §4, "Upstream URL": the caller's bytes, then the defaults of what is missing.
std::string_view query_with_defaults(ExchangeState& state) {
  const std::string_view defaults = state.admission.query_defaults;
  const std::string_view query = state.head.query;
  if (defaults.empty() || query.empty()) {
    return defaults.empty() ? query : defaults;
  }
  const size_t bytes = query.size() + 1 + defaults.size();
  char* const joined = reinterpret_cast<char*>(state.arena.allocate(bytes, 1));
  query.copy(joined, query.size());
  joined[query.size()] = '&';
  defaults.copy(joined + query.size() + 1, defaults.size());
  return {joined, bytes};
}

constexpr size_t kGatewayHeaderBytes = 1024;  // Everything of ours but what is counted apart.

}  // namespace

void write_upstream_head(ExchangeState& state, BodyFraming body, io::BufferChain& out) {
  const RouteRuntime& route = *state.route;
  const std::string_view query = query_with_defaults(state);
  std::string_view target = route.target_template.build(
      state.match, state.head.has_query || !query.empty(), query, state.arena);
  if (!route.credential_parameter.pair.empty()) {
    target = with_parameter(target, route.credential_parameter, state.arena);
  }
  const std::string_view host =
      route.preserve_host ? state.head.authority : route.target->host_text();
  HeadWriter writer(out, state.shard.loop().buffers(),
                    target.size() + host.size() + bytes_of(state.head.headers) +
                        2 * state.head.authority.size() + bytes_of(route.upstream_headers) +
                        state.admission.scopes_granted.size() + state.request_id.size() +
                        kGatewayHeaderBytes);
  writer.text(state.head.method_text);
  writer.text(" ");
  writer.text(target);
  writer.text(" HTTP/1.1\r\n");
  writer.header("Host", host);
  const ConnectionNames named(state.head.headers);
  for (const Header& header : state.head.headers) {
    if (passes_upstream(state, header, named)) {
      writer.header(header.name, header.value);
    }
  }
  for (const ConfiguredHeader& header : route.upstream_headers) {
    writer.header(header.name, header.value);
  }
  write_identity(writer, state);
  write_forwarded(writer, state);
  write_framing(writer, body);
  writer.end_head();
}

void write_client_head(ExchangeState& state, const http::ResponseHead& response, BodyFraming body,
                       io::BufferChain& out) {
  const RouteRuntime& route = *state.route;
  HeadWriter writer(out, state.shard.loop().buffers(),
                    response.reason.size() + bytes_of(response.headers) +
                        bytes_of(route.response_set) + state.request_id.size() +
                        kGatewayHeaderBytes);
  writer.text("HTTP/1.1 ");
  writer.number(response.status);
  writer.text(" ");
  writer.text(response.reason.empty() ? http::reason_phrase(response.status) : response.reason);
  writer.text("\r\n");
  const ConnectionNames named(response.headers);
  const bool is_final = response.status >= 200;
  bool has_date = false;
  for (const Header& header : response.headers) {
    if (!passes_to_client(state, header, named)) {
      continue;
    }
    has_date = has_date || header.known == KnownHeader::kDate;
    writer.header(header.name, header.value);
  }
  if (is_final) {
    for (const ConfiguredHeader& header : route.response_set) {
      writer.header(header.name, header.value);
    }
    if (!has_date) {
      // RFC 9110 §6.6.1: a recipient with a clock adds the date that the origin left out.
      writer.header("Date", state.shard.date_text());
    }
    write_answer_headers(writer, state);
    write_bodiless_length(writer, state, response, body);
    write_framing(writer, body);
    write_connection(writer, state);
  }
  writer.end_head();
}

void write_local_head(ExchangeState& state, const LocalReply& reply, io::BufferChain& out) {
  const filters::Admission& admission = state.admission;
  HeadWriter writer(out, state.shard.loop().buffers(),
                    state.request_id.size() + admission.scopes_required.size() +
                        reply.content_type.size() + reply.allow.size() + kGatewayHeaderBytes);
  writer.text("HTTP/1.1 ");
  writer.number(reply.status);
  writer.text(" ");
  writer.text(http::reason_phrase(reply.status));
  writer.text("\r\n");
  writer.header("Date", state.shard.date_text());
  if (!reply.content_type.empty()) {
    writer.header("Content-Type", reply.content_type);
  }
  if (reply.status != 204) {
    writer.header("Content-Length", reply.body_bytes);
  }
  if (state.reply == http::ReplyCode::kMethodNotAllowed) {
    write_allow(writer, admission.allow);
  } else if (!reply.allow.empty()) {
    writer.header("Allow", reply.allow);
  }
  if (state.reply == http::ReplyCode::kInvalidToken) {
    writer.header("WWW-Authenticate", R"(Bearer realm="zerq", error="invalid_token")");
  } else if (state.reply == http::ReplyCode::kInsufficientScope) {
    writer.text(R"(WWW-Authenticate: Bearer realm="zerq", error="insufficient_scope", scope=")");
    writer.text(admission.scopes_required);
    writer.text("\"\r\n");
  }
  if (reply.retry_after_s != 0) {
    writer.header("Retry-After", uint64_t{reply.retry_after_s});
  }
  write_answer_headers(writer, state);
  write_connection(writer, state);
  writer.end_head();
}

}  // namespace zerq::proxy
