// SPDX-License-Identifier: Apache-2.0
#include "filters/credential/credential_filter.h"

#include "auth/bearer_token.h"
#include "auth/jwt_verifier.h"
#include "filters/caller_cache.h"
#include "filters/caller_table.h"
#include "filters/route_rules.h"

namespace zerq::filters {
namespace {

using http::KnownHeader;

FilterResult refuse(const FilterRequest& request, std::string_view reason) {
  request.admission.auth_result = "refused";
  return {http::ReplyCode::kInvalidToken, reason};
}

// From the collection's token header (opaque tokens only), else the bearer token of Authorization.
std::expected<std::string_view, std::string_view> find_token(const FilterRequest& request) {
  const http::HeaderList& headers = request.head.headers;
  Admission& admission = request.admission;
  const std::string& token_header = request.rules.token_header;
  if (admission.profile->auth == AuthKind::kToken && !token_header.empty()) {
    const http::Header* found = nullptr;
    for (const http::Header& header : headers) {
      if (http::equals_ignoring_case(header.name, token_header)) {
        if (found != nullptr) {
          return std::unexpected("repeated_token_header");
        }
        found = &header;
      }
    }
    if (found != nullptr) {
      admission.consumed_token_header = true;
      return found->value;
    }
  }
  admission.consumed_authorization = true;
  const http::Header* authorization = headers.find(KnownHeader::kAuthorization);
  if (authorization == nullptr) {
    return std::unexpected(auth::token_refusal_reason(auth::TokenRefusal::kNoCredential));
  }
  const auto token = auth::parse_bearer(authorization->value);
  if (!token.has_value()) {
    return std::unexpected(auth::token_refusal_reason(token.error()));
  }
  return *token;
}

}  // namespace

FilterResult check_credential(const FilterRequest& request) {
  Admission& admission = request.admission;
  const Profile& profile = *admission.profile;
  admission.auth_type = auth_kind_name(profile.auth);
  // Of two nobody knows which one the upstream would believe; so for every type of profile.
  if (request.head.headers.count(KnownHeader::kAuthorization) > 1) {
    return refuse(request, "repeated_authorization");
  }
  if (profile.auth == AuthKind::kNone) {
    admission.auth_result = "ok";
    admission.scopes_granted = profile.scopes;
    return FilterResult::go_on();
  }
  if (profile.lacks_secret()) {
    admission.auth_result = "unavailable";
    return {http::ReplyCode::kSecretUnavailable, "secret_unavailable"};
  }
  const auto token = find_token(request);
  if (!token.has_value()) {
    return refuse(request, token.error());
  }
  const auth::CredentialAttempt attempt{.token = *token,
                                        .peer = request.client_ip,
                                        .profile = profile.id,
                                        .now = request.now,
                                        .wall_now = request.wall_now};
  auth::CredentialChecker& checker = request.cache.checker();
  const bool is_opaque = profile.auth == AuthKind::kToken;
  const auth::TokenResult verified =
      is_opaque ? checker.check_opaque(profile.tokens, attempt)
                : checker.check_jwt(*profile.verifier, attempt, request.token_memo, request.arena);
  if (!verified.has_value()) {
    return refuse(request, auth::token_refusal_reason(verified.error()));
  }
  admission.auth_result = "ok";
  admission.auth_subject = verified->subject;
  admission.auth_key_id = verified->key_id;
  admission.scopes_granted = is_opaque ? std::string_view(profile.scopes) : verified->scopes;
  return FilterResult::go_on();
}

}  // namespace zerq::filters
