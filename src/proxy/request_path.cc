// SPDX-License-Identifier: Apache-2.0
#include "proxy/request_path.h"

#include <algorithm>

#include "crypto/digest.h"
#include "proxy/route_table.h"
#include "proxy/snapshot.h"
#include "text/canonical_path.h"

namespace zerq::proxy {
namespace {

constexpr size_t kForeignIdBytesMax = 128;

bool is_request_id_character(char c) {
  constexpr std::string_view kOthers = "._:/+=-";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kOthers.find(c) != std::string_view::npos;
}

// Parameters whose names say that the value is a secret; the record shows "***" (semantics §9).
bool looks_secret(std::string_view name) {
  constexpr std::array<std::string_view, 8> kSecretNames = {
      "token", "access_token", "api_key", "apikey", "key", "secret", "password", "signature"};
  return std::ranges::any_of(kSecretNames, [name](std::string_view secret) {
    return http::equals_ignoring_case(name, secret);
  });
}

std::string_view mask_query(std::string_view query, Arena& arena) {
  constexpr std::string_view kMask = "***";
  char* to = nullptr;
  char* out = nullptr;
  std::string_view rest = query;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    const size_t equals = pair.find('=');
    const bool is_secret = equals != std::string_view::npos && looks_secret(pair.substr(0, equals));
    if (is_secret && to == nullptr) {
      // Each mask may be longer than the value it stands for by three.
      const size_t masks = static_cast<size_t>(std::ranges::count(query, '&')) + 1;
      to = out = reinterpret_cast<char*>(arena.allocate(query.size() + masks * kMask.size(), 1));
      out = std::ranges::copy(query.substr(0, query.size() - rest.size()), out).out;
    }
    if (to != nullptr) {
      const std::string_view shown = is_secret ? pair.substr(0, equals + 1) : pair;
      out = std::ranges::copy(shown, out).out;
      if (is_secret) {
        out = std::ranges::copy(kMask, out).out;
      }
      if (end < rest.size()) {
        *out++ = '&';
      }
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return to == nullptr ? query : std::string_view(to, static_cast<size_t>(out - to));
}

}  // namespace

bool canonicalise_target(ExchangeState& state) {
  const http::RequestHead& head = state.head;
  if (head.method == http::Method::kOther) {
    state.refuse(http::ReplyCode::kNotImplemented, "method");
    return false;
  }
  const text::CanonicalPath canonical =
      state.snapshot->routes->canonicalise(head.authority, head.raw_path, state.arena);
  if (canonical.refusal != text::PathRefusal::kNone) {
    state.refuse(canonical.refusal == text::PathRefusal::kMalformed
                     ? http::ReplyCode::kMalformedRequest
                     : http::ReplyCode::kAmbiguousPath,
                 canonical.reason);
    // The head itself was sound, so the next request on this connection is where it should be.
    return false;
  }
  state.path = canonical.path;
  if (head.has_query) {
    if (!text::is_query(head.query)) {
      state.refuse(http::ReplyCode::kMalformedRequest, "query");
      return false;
    }
    state.record_query = mask_query(head.query, state.arena);
  }
  return true;
}

bool match_route(ExchangeState& state) {
  const Snapshot& snapshot = *state.snapshot;
  const CollectionMatch collection =
      snapshot.routes->find_collection(state.head.authority, state.path);
  if (!collection.is_match()) {
    state.refuse(http::ReplyCode::kRouteNotFound, "no_collection");
    return false;
  }
  state.collection = &snapshot.collections[collection.collection];
  state.is_preflight = state.collection->cors != nullptr && is_preflight(state.head);
  if (state.is_preflight) {
    return true;
  }
  state.match = collection.trie->find(collection.path, state.head.method, state.arena);
  if (state.match.is_match()) {
    state.route = state.collection->routes[state.match.route].get();
    return true;
  }
  if (state.match.allowed.is_empty()) {
    state.refuse(http::ReplyCode::kRouteNotFound, "no_route");
  } else {
    state.admission.allow = state.match.allowed;
    state.refuse(http::ReplyCode::kMethodNotAllowed, "no_route_with_method");
  }
  return false;
}

void keep_foreign_request_id(ExchangeState& state) {
  const http::HeaderList& headers = state.head.headers;
  const http::Header* header = headers.find(http::KnownHeader::kXRequestId);
  if (header == nullptr || headers.count(http::KnownHeader::kXRequestId) != 1 ||
      header->value.empty() || header->value.size() > kForeignIdBytesMax ||
      !std::ranges::all_of(header->value, is_request_id_character)) {
    return;
  }
  state.request_id = header->value;
  state.has_foreign_id = true;
  const crypto::Digest256 digest = crypto::sha256(as_bytes(header->value));
  std::ranges::transform(std::span(digest).first(state.request_uuid.size()),
                         state.request_uuid.begin(),
                         [](std::byte b) { return std::to_integer<uint8_t>(b); });
}

}  // namespace zerq::proxy
