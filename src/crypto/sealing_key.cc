// SPDX-License-Identifier: Apache-2.0
#include "crypto/sealing_key.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <memory>

#include "base/check.h"
#include "crypto/constant_time.h"
#include "crypto/digest.h"
#include "crypto/random.h"

namespace zerq::crypto {
namespace {

constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;
constexpr size_t kIdBytes = 8;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* octets(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
int length(std::string_view text) { return static_cast<int>(text.size()); }

std::string id_of(Bytes key) {
  std::string named = "zerq sealing key id ";
  named += as_text(key);
  const Digest256 digest = sha256(as_bytes(named));
  wipe_secret(std::as_writable_bytes(std::span(named)));
  std::string id;
  for (const std::byte byte : std::span(digest).first(kIdBytes)) {
    id += fmt::format("{:02x}", static_cast<unsigned>(byte));
  }
  return id;
}

}  // namespace

SealingKey::SealingKey(Bytes key) : key_(as_text(key)), id_(id_of(key)) {
  CHECK(key.size() == kKeyBytes);
}

SealingKey::~SealingKey() { wipe_secret(std::as_writable_bytes(std::span(key_))); }

std::string SealingKey::seal(std::string_view secret, std::string_view place) const {
  std::string sealed(kNonceBytes + secret.size() + kTagBytes, '\0');
  fill_random(std::as_writable_bytes(std::span(sealed)).first(kNonceBytes));
  unsigned char* const nonce = octets(sealed);
  unsigned char* const body = nonce + kNonceBytes;
  const Context context(EVP_CIPHER_CTX_new());
  int written = 0;
  CHECK(EVP_EncryptInit_ex2(context.get(), EVP_aes_256_gcm(), octets(key_), nonce, nullptr) == 1);
  CHECK(EVP_EncryptUpdate(context.get(), nullptr, &written, octets(place), length(place)) == 1);
  CHECK(EVP_EncryptUpdate(context.get(), body, &written, octets(secret), length(secret)) == 1);
  CHECK(EVP_EncryptFinal_ex(context.get(), body + secret.size(), &written) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes,
                            body + secret.size()) == 1);
  return sealed;
}

std::optional<std::string> SealingKey::open(std::string_view sealed, std::string_view place) const {
  if (sealed.size() < kNonceBytes + kTagBytes) {
    return std::nullopt;
  }
  const std::string_view body = sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  std::string secret(body.size(), '\0');
  const Context context(EVP_CIPHER_CTX_new());
  int written = 0;
  CHECK(EVP_DecryptInit_ex2(context.get(), EVP_aes_256_gcm(), octets(key_), octets(sealed),
                            nullptr) == 1);
  CHECK(EVP_DecryptUpdate(context.get(), nullptr, &written, octets(place), length(place)) == 1);
  CHECK(EVP_DecryptUpdate(context.get(), octets(secret), &written, octets(body), length(body)) ==
        1);
  CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, octets(tag)) == 1);
  std::array<unsigned char, kTagBytes> rest;
  if (EVP_DecryptFinal_ex(context.get(), rest.data(), &written) != 1) {
    wipe_secret(std::as_writable_bytes(std::span(secret)));
    return std::nullopt;
  }
  return secret;
}

const SealingKey* KeyRing::find(std::string_view id) const noexcept {
  for (const SealingKey& key : keys_) {
    if (key.id() == id) {
      return &key;
    }
  }
  return nullptr;
}

}  // namespace zerq::crypto
