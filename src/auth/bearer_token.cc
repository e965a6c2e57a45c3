// SPDX-License-Identifier: Apache-2.0
#include "auth/bearer_token.h"

namespace zerq::auth {
namespace {

constexpr std::string_view kScheme = "bearer";

bool is_scheme(std::string_view text) {
  if (text.size() != kScheme.size()) {
    return false;
  }
  for (size_t i = 0; i < text.size(); ++i) {
    if ((text[i] | 0x20) != kScheme[i]) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::expected<std::string_view, TokenRefusal> parse_bearer(
    std::string_view authorization) noexcept {
  if (authorization.empty()) {
    return std::unexpected(TokenRefusal::kNoCredential);
  }
  const size_t space = authorization.find(' ');
  if (space == authorization.npos || !is_scheme(authorization.substr(0, space))) {
    return std::unexpected(TokenRefusal::kNotBearer);
  }
  const size_t start = authorization.find_first_not_of(' ', space);
  if (start == authorization.npos) {
    return std::unexpected(TokenRefusal::kNoCredential);
  }
  const std::string_view token = authorization.substr(start);
  // RFC 9110 §11.4: one token68; white space or a comma would begin something else.
  if (token.find_first_of(" \t,") != token.npos) {
    return std::unexpected(TokenRefusal::kNotBearer);
  }
  return token;
}

}  // namespace zerq::auth
