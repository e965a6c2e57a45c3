// SPDX-License-Identifier: Apache-2.0
// The credential inside an `Authorization` header (RFC 6750 §2.1). Pure; any thread. Copies of the
// header, and other headers that carry tokens, are the filter's business.
#pragma once

#include <expected>
#include <string_view>

#include "auth/token_refusal.h"

namespace zerq::auth {

// The token behind `Bearer` (any case) and one or more spaces; a view into `authorization`.
std::expected<std::string_view, TokenRefusal> parse_bearer(std::string_view authorization) noexcept;

}  // namespace zerq::auth
