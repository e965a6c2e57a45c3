// SPDX-License-Identifier: Apache-2.0
#include "crypto/constant_time.h"

#include <openssl/crypto.h>

namespace zerq::crypto {

bool is_equal_constant_time(Bytes a, Bytes b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void wipe_secret(MutableBytes secret) noexcept { OPENSSL_cleanse(secret.data(), secret.size()); }

}  // namespace zerq::crypto
