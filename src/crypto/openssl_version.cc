// SPDX-License-Identifier: Apache-2.0
#include "crypto/openssl_version.h"

#include <openssl/opensslv.h>

namespace zerq::crypto {

std::string_view openssl_version() noexcept { return OPENSSL_VERSION_TEXT; }

}  // namespace zerq::crypto
