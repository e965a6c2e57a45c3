// SPDX-License-Identifier: Apache-2.0
// The algorithms of OpenSSL that we use, fetched once a process: implicit fetching costs up to 1 µs
// a call and takes a lock. Immutable after its construction; any thread. Lives to the end of the
// process, so that no thread can outlive it.
#pragma once

#include <openssl/evp.h>

#include <memory>

namespace zerq::crypto::openssl {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* object) const noexcept {
    kFree(object);
  }
};
using PkeyPtr = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using PkeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using MacContextPtr = std::unique_ptr<EVP_MAC_CTX, Free<EVP_MAC_CTX_free>>;

struct AlgorithmTable {
  EVP_MD* sha256;
  EVP_MAC* hmac;
};

const AlgorithmTable& algorithms() noexcept;

// A MAC context that holds `key`, ready for the first update. `digest_name` as OpenSSL spells it.
MacContextPtr make_hmac(const char* digest_name, const void* key, size_t key_bytes) noexcept;

}  // namespace zerq::crypto::openssl
