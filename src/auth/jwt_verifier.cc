// SPDX-License-Identifier: Apache-2.0
#include "auth/jwt_verifier.h"

#include <algorithm>

#include "auth/jwt_token.h"
#include "auth/scope_set.h"

namespace zerq::auth {
namespace {

using crypto::SignatureVerifier;
using text::json::array;
using text::json::object;
using text::json::value;
using Check = std::expected<void, TokenRefusal>;

// 9999-12-31T23:59:59Z. What lies behind it is a date in milliseconds, or nonsense.
constexpr int64_t kTimeMaxS = 253402300799;

const SignatureVerifier* find_verifier(const KeySet::Key& key,
                                       crypto::SignatureAlgorithm algorithm) {
  const auto found =
      std::find_if(key.verifiers.begin(), key.verifiers.end(),
                   [algorithm](const auto& each) { return each.algorithm() == algorithm; });
  return found == key.verifiers.end() ? nullptr : &*found;
}

// Absent: the claim is. RFC 7519 §2 "NumericDate" allows fractions; nobody needs them, and a
// float would compare inexactly.
std::expected<std::optional<int64_t>, TokenRefusal> read_time(const object& claims,
                                                              std::string_view name) {
  const value* claim = claims.if_contains(name);
  if (claim == nullptr) {
    return std::nullopt;
  }
  const int64_t* seconds = claim->if_int64();
  if (seconds == nullptr || *seconds < 0 || *seconds > kTimeMaxS) {
    return std::unexpected(TokenRefusal::kMalformedTime);
  }
  return *seconds;
}

// Empty: the claim is absent.
std::expected<std::string_view, TokenRefusal> read_text(const object& claims,
                                                        std::string_view name) {
  const value* claim = claims.if_contains(name);
  if (claim == nullptr) {
    return std::string_view();
  }
  if (!claim->is_string()) {
    return std::unexpected(TokenRefusal::kMalformedClaims);
  }
  return std::string_view(claim->get_string());
}

const value* find_claim(const value& claims, const std::string& pointer) {
  boost::system::error_code failure;
  return claims.find_pointer(pointer, failure);
}

void split_words(std::string_view text, std::vector<std::string_view>& words) {
  while (!text.empty()) {
    const size_t space = text.find(' ');
    words.push_back(text.substr(0, space));
    text.remove_prefix(space == text.npos ? text.size() : space + 1);
  }
}

std::expected<std::string_view, TokenRefusal> read_scopes(const value* claim, Arena& arena) {
  std::vector<std::string_view> scopes;
  if (claim == nullptr) {
    return std::string_view();
  }
  if (claim->is_string()) {
    split_words(claim->get_string(), scopes);
  } else if (claim->is_array()) {
    for (const value& element : claim->get_array()) {
      if (!element.is_string()) {
        return std::unexpected(TokenRefusal::kMalformedClaims);
      }
      scopes.emplace_back(element.get_string());
    }
  } else {
    return std::unexpected(TokenRefusal::kMalformedClaims);
  }
  return make_scope_set(scopes, arena);
}

bool matches_any(const value& claim, const std::vector<value>& values) {
  const auto is_wanted = [&values](const value& candidate) {
    return std::find(values.begin(), values.end(), candidate) != values.end();
  };
  if (const array* elements = claim.if_array()) {
    return std::any_of(elements->begin(), elements->end(), is_wanted);
  }
  return is_wanted(claim);
}

}  // namespace

TokenResult JwtVerifier::verify(std::string_view token, WallTime now, Arena& arena) const {
  const std::expected<JwtToken, TokenRefusal> parsed = parse_jwt(token);
  if (!parsed) {
    return std::unexpected(parsed.error());
  }
  if (std::find(algorithms_.begin(), algorithms_.end(), parsed->algorithm) == algorithms_.end()) {
    return std::unexpected(TokenRefusal::kAlgorithmNotAllowed);
  }
  const auto signer = find_signer(*parsed);
  if (!signer) {
    return std::unexpected(signer.error());
  }
  const std::expected<value, TokenRefusal> claims = parse_jwt_claims(parsed->payload_text);
  if (!claims) {
    return std::unexpected(TokenRefusal::kMalformedClaims);
  }
  TokenResult result = check_claims(*claims, now, arena);
  if (result) {
    result->key_id = arena.copy((*signer)->id);
  }
  return result;
}

std::expected<const KeySet::Key*, TokenRefusal> JwtVerifier::find_signer(
    const JwtToken& token) const {
  std::vector<const KeySet::Key*> candidates;
  if (token.kid && keys_.has_ids()) {
    const KeySet::Key* named = keys_.find(*token.kid);
    if (named == nullptr) {
      return std::unexpected(TokenRefusal::kUnknownKid);
    }
    candidates.push_back(named);
  } else {
    for (const KeySet::Key& key : keys_.keys()) {
      candidates.push_back(&key);
    }
  }
  std::erase_if(candidates, [&token](const KeySet::Key* key) {
    return find_verifier(*key, token.algorithm) == nullptr;
  });
  if (candidates.empty()) {
    return std::unexpected(TokenRefusal::kNoKeyFits);
  }
  if (candidates.size() > kKeysTriedMax) {
    return std::unexpected(TokenRefusal::kKidRequired);
  }
  for (const KeySet::Key* key : candidates) {
    if (find_verifier(*key, token.algorithm)
            ->verify(as_bytes(token.signed_text), as_bytes(token.signature))) {
      return key;
    }
  }
  return std::unexpected(TokenRefusal::kBadSignature);
}

Check JwtVerifier::check_times(const VerifiedToken& token, WallTime now) const noexcept {
  const int64_t now_s = now.seconds();
  if (now_s >= token.expires_at_s + clock_skew_s_) {
    return std::unexpected(TokenRefusal::kExpired);
  }
  if (now_s + clock_skew_s_ < token.not_before_s) {
    return std::unexpected(TokenRefusal::kNotYetValid);
  }
  return {};
}

TokenResult JwtVerifier::check_claims(const value& tree, WallTime now, Arena& arena) const {
  const object& claims = tree.get_object();
  const auto expires_at = read_time(claims, "exp");
  const auto not_before = read_time(claims, "nbf");
  const auto issued_at = read_time(claims, "iat");
  if (!expires_at || !not_before || !issued_at) {
    return std::unexpected(TokenRefusal::kMalformedTime);
  }
  if (!*expires_at) {
    return std::unexpected(TokenRefusal::kNoExpiry);
  }
  VerifiedToken token{.expires_at_s = **expires_at, .not_before_s = not_before->value_or(0)};
  if (const Check times = check_times(token, now); !times) {
    return std::unexpected(times.error());
  }
  if (issued_at->value_or(0) > now.seconds() + clock_skew_s_) {
    return std::unexpected(TokenRefusal::kIssuedInFuture);
  }
  token.not_before_s = std::max(token.not_before_s, issued_at->value_or(0));

  const auto issuer = read_text(claims, "iss");
  const auto subject = read_text(claims, "sub");
  const auto jti = read_text(claims, "jti");
  if (!issuer || !subject || !jti) {
    return std::unexpected(TokenRefusal::kMalformedClaims);
  }
  if (!issuer_.empty() && *issuer != issuer_) {
    return std::unexpected(TokenRefusal::kWrongIssuer);
  }
  if (const Check audience = check_audience(claims); !audience) {
    return std::unexpected(audience.error());
  }
  if (const Check rules = check_rules(tree); !rules) {
    return std::unexpected(rules.error());
  }
  const auto scopes = read_scopes(find_claim(tree, scope_pointer_), arena);
  if (!scopes) {
    return std::unexpected(scopes.error());
  }
  token.scopes = *scopes;
  token.subject = arena.copy(*subject);
  token.jti = arena.copy(*jti);
  return token;
}

// RFC 7519 §4.1.3: a string, or an array of them.
Check JwtVerifier::check_audience(const object& claims) const {
  const value* claim = claims.if_contains("aud");
  std::vector<std::string_view> named;
  if (claim != nullptr && claim->is_string()) {
    named.emplace_back(claim->get_string());
  } else if (claim != nullptr && claim->is_array()) {
    for (const value& element : claim->get_array()) {
      if (!element.is_string()) {
        return std::unexpected(TokenRefusal::kMalformedClaims);
      }
      named.emplace_back(element.get_string());
    }
  } else if (claim != nullptr) {
    return std::unexpected(TokenRefusal::kMalformedClaims);
  }
  const bool is_for_us =
      audiences_.empty() || std::find_first_of(named.begin(), named.end(), audiences_.begin(),
                                               audiences_.end()) != named.end();
  return is_for_us ? Check() : std::unexpected(TokenRefusal::kWrongAudience);
}

Check JwtVerifier::check_rules(const value& claims) const {
  for (const ClaimRule& rule : required_claims_) {
    const value* claim = find_claim(claims, rule.pointer);
    if (claim == nullptr || !matches_any(*claim, rule.values)) {
      return std::unexpected(TokenRefusal::kClaimMismatch);
    }
  }
  return {};
}

}  // namespace zerq::auth
