// SPDX-License-Identifier: Apache-2.0
// A context begins its next message at that message's first update, not at the end of the last one:
// beginning costs as much as hashing 100 bytes, and one-shot use would pay for it twice.
#include "crypto/digest.h"

#include "base/check.h"
#include "crypto/openssl/algorithm_table.h"

namespace zerq::crypto {

struct Sha256::Context {
  openssl::DigestContextPtr digest{EVP_MD_CTX_new()};
  bool is_begun = true;
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  CHECK(context_->digest != nullptr);
  CHECK(EVP_DigestInit_ex2(context_->digest.get(), openssl::algorithms().sha256, nullptr) == 1);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Digest256 Sha256::digest(Bytes bytes) noexcept {
  context_->is_begun = false;
  return update(bytes).finish();
}

Sha256& Sha256::update(Bytes bytes) noexcept {
  if (!context_->is_begun) {
    // A null type keeps the algorithm and starts its state anew.
    CHECK(EVP_DigestInit_ex2(context_->digest.get(), nullptr, nullptr) == 1);
    context_->is_begun = true;
  }
  CHECK(EVP_DigestUpdate(context_->digest.get(), bytes.data(), bytes.size()) == 1);
  return *this;
}

Digest256 Sha256::finish() noexcept {
  update({});
  Digest256 result;
  CHECK(EVP_DigestFinal_ex(context_->digest.get(), reinterpret_cast<unsigned char*>(result.data()),
                           nullptr) == 1);
  context_->is_begun = false;
  return result;
}

struct HmacSha256::Context {
  openssl::MacContextPtr mac;
  bool is_begun = true;
};

HmacSha256::HmacSha256(Bytes key)
    : context_(new Context{openssl::make_hmac("SHA2-256", key.data(), key.size())}) {}
HmacSha256::~HmacSha256() = default;
HmacSha256::HmacSha256(HmacSha256&&) noexcept = default;
HmacSha256& HmacSha256::operator=(HmacSha256&&) noexcept = default;

Digest256 HmacSha256::digest(Bytes bytes) noexcept {
  context_->is_begun = false;
  return update(bytes).finish();
}

HmacSha256& HmacSha256::update(Bytes bytes) noexcept {
  if (!context_->is_begun) {
    // A null key keeps the present one and starts its state anew.
    CHECK(EVP_MAC_init(context_->mac.get(), nullptr, 0, nullptr) == 1);
    context_->is_begun = true;
  }
  CHECK(EVP_MAC_update(context_->mac.get(), reinterpret_cast<const unsigned char*>(bytes.data()),
                       bytes.size()) == 1);
  return *this;
}

Digest256 HmacSha256::finish() noexcept {
  update({});
  Digest256 result;
  size_t written = 0;
  CHECK(EVP_MAC_final(context_->mac.get(), reinterpret_cast<unsigned char*>(result.data()),
                      &written, result.size()) == 1);
  context_->is_begun = false;
  return result;
}

Digest256 sha256(Bytes bytes) noexcept { return Sha256().update(bytes).finish(); }

Digest256 hmac_sha256(Bytes key, Bytes bytes) noexcept {
  return HmacSha256(key).update(bytes).finish();
}

}  // namespace zerq::crypto
