// SPDX-License-Identifier: Apache-2.0
#include "crypto/openssl/algorithm_table.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include "base/check.h"
#include "crypto/openssl_start.h"

namespace zerq::crypto {
namespace openssl {
namespace {

AlgorithmTable fetch_all() {
  // The host's openssl.cnf could load foreign code or change what a name means. No clean-up at
  // exit: threads may still verify while main returns.
  CHECK(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, nullptr) == 1);
  AlgorithmTable table{
      .sha256 = EVP_MD_fetch(nullptr, "SHA2-256", nullptr),
      .hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr),
  };
  CHECK(table.sha256 != nullptr && table.hmac != nullptr);
  return table;
}

}  // namespace

const AlgorithmTable& algorithms() noexcept {
  static const AlgorithmTable table = fetch_all();
  return table;
}

MacContextPtr make_hmac(const char* digest_name, const void* key, size_t key_bytes) noexcept {
  MacContextPtr context(EVP_MAC_CTX_new(algorithms().hmac));
  CHECK(context != nullptr);
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(digest_name), 0),
      OSSL_PARAM_construct_end(),
  };
  // A null key means "as before" to OpenSSL, so that an empty one needs an address too.
  static constexpr unsigned char kNoBytes = 0;
  const auto* bytes = key_bytes == 0 ? &kNoBytes : static_cast<const unsigned char*>(key);
  CHECK(EVP_MAC_init(context.get(), bytes, key_bytes, params) == 1);
  return context;
}

}  // namespace openssl

void start_openssl() noexcept { openssl::algorithms(); }

}  // namespace zerq::crypto
