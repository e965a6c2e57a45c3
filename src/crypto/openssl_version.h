// SPDX-License-Identifier: Apache-2.0
// Which OpenSSL is linked in, for `version --json`.
#pragma once

#include <string_view>

namespace zerq::crypto {

std::string_view openssl_version() noexcept;

}  // namespace zerq::crypto
