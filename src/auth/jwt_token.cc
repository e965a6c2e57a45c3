// SPDX-License-Identifier: Apache-2.0
#include "auth/jwt_token.h"

#include "text/base64url.h"

namespace zerq::auth {
namespace {

using text::json::object;
using text::json::value;

constexpr uint32_t kHeaderDepthMax = 8;
constexpr uint32_t kClaimsDepthMax = 32;

std::expected<value, TokenRefusal> parse_object(std::string_view encoded, uint32_t depth_max) {
  const std::optional<std::string> decoded = text::decode_base64url(encoded);
  if (!decoded) {
    return std::unexpected(TokenRefusal::kMalformedToken);
  }
  Result<value> tree = text::parse_json(*decoded, {.depth_max = depth_max});
  if (!tree || !tree->is_object()) {
    return std::unexpected(TokenRefusal::kMalformedToken);
  }
  return *std::move(tree);
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) {
    return false;
  }
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    if (c != lower[i]) {
      return false;
    }
  }
  return true;
}

// RFC 7515 §4.1.9: a media type, whose "application/" may be left out.
bool is_accepted_type(const value& typ) {
  const text::json::string* name = typ.if_string();
  if (name == nullptr) {
    return false;
  }
  std::string_view type(*name);
  constexpr std::string_view kPrefix = "application/";
  if (type.size() > kPrefix.size() &&
      equals_ignoring_case(type.substr(0, kPrefix.size()), kPrefix)) {
    type.remove_prefix(kPrefix.size());
  }
  return equals_ignoring_case(type, "jwt") || equals_ignoring_case(type, "at+jwt");
}

std::expected<void, TokenRefusal> read_header(const object& header, JwtToken& token) {
  const value* algorithm = header.if_contains("alg");
  if (algorithm == nullptr || !algorithm->is_string()) {
    return std::unexpected(TokenRefusal::kMalformedToken);
  }
  if (header.contains("crit")) {
    return std::unexpected(TokenRefusal::kCriticalHeader);
  }
  if (const value* type = header.if_contains("typ"); type != nullptr && !is_accepted_type(*type)) {
    return std::unexpected(TokenRefusal::kWrongType);
  }
  if (const value* kid = header.if_contains("kid")) {
    if (!kid->is_string()) {
      return std::unexpected(TokenRefusal::kMalformedToken);
    }
    token.kid = std::string(std::string_view(kid->get_string()));
  }
  const auto known = crypto::parse_signature_algorithm(algorithm->get_string());
  if (!known) {
    return std::unexpected(TokenRefusal::kAlgorithmNotAllowed);
  }
  token.algorithm = *known;
  return {};
}

}  // namespace

std::expected<JwtToken, TokenRefusal> parse_jwt(std::string_view token) {
  if (token.size() > kJwtBytesMax) {
    return std::unexpected(TokenRefusal::kTokenTooLarge);
  }
  const size_t first_dot = token.find('.');
  const size_t last_dot = token.rfind('.');
  // Five parts would be an encrypted token (RFC 7516), any other number nothing at all.
  if (first_dot == token.npos || first_dot == last_dot ||
      token.find('.', first_dot + 1) != last_dot) {
    return std::unexpected(TokenRefusal::kMalformedToken);
  }
  JwtToken parsed;
  parsed.signed_text = token.substr(0, last_dot);
  parsed.payload_text = token.substr(first_dot + 1, last_dot - first_dot - 1);
  const auto header = parse_object(token.substr(0, first_dot), kHeaderDepthMax);
  if (!header) {
    return std::unexpected(header.error());
  }
  if (const auto read = read_header(header->get_object(), parsed); !read) {
    return std::unexpected(read.error());
  }
  std::optional<std::string> signature = text::decode_base64url(token.substr(last_dot + 1));
  if (!signature || signature->empty()) {
    return std::unexpected(TokenRefusal::kMalformedToken);
  }
  parsed.signature = *std::move(signature);
  return parsed;
}

std::expected<value, TokenRefusal> parse_jwt_claims(std::string_view payload_text) {
  return parse_object(payload_text, kClaimsDepthMax);
}

}  // namespace zerq::auth
