// SPDX-License-Identifier: Apache-2.0
// Starts OpenSSL without the host's configuration file and fetches every algorithm that a shard
// will use, so that no request waits for a fetch and its lock. Rung: Gateway; main calls it before
// any other thread and before anything else touches OpenSSL.
#pragma once

namespace zerq::crypto {

// Idempotent. Whatever in crypto/ is used without it does the same at its first use, so tests need
// no set-up; only the order "before libraries that read openssl.cnf" is main's to keep.
void start_openssl() noexcept;

}  // namespace zerq::crypto
