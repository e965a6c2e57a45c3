// SPDX-License-Identifier: Apache-2.0
#include "auth/opaque_token.h"

#include <algorithm>
#include <array>

#include "crypto/constant_time.h"
#include "text/base64url.h"

namespace zerq::auth {
namespace {

constexpr size_t kRandomBytes = 32;
static_assert(text::base64url_text_bytes(kRandomBytes) >= kOpaqueTokenSecretCharsMin);

bool is_token_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

}  // namespace

bool is_opaque_token(std::string_view text) noexcept {
  if (text.size() > kOpaqueTokenBytesMax || !text.starts_with(kOpaqueTokenPrefix)) {
    return false;
  }
  const std::string_view secret = text.substr(kOpaqueTokenPrefix.size());
  return secret.size() >= kOpaqueTokenSecretCharsMin &&
         std::all_of(secret.begin(), secret.end(), is_token_char);
}

std::string make_opaque_token(crypto::RandomSource& random) {
  std::array<std::byte, kRandomBytes> secret;
  random.fill(secret);
  std::string token(kOpaqueTokenPrefix);
  token.resize(token.size() + text::base64url_text_bytes(secret.size()));
  text::write_base64url(secret, token.data() + kOpaqueTokenPrefix.size());
  crypto::wipe_secret(secret);
  return token;
}

}  // namespace zerq::auth
