// SPDX-License-Identifier: Apache-2.0
// What the store keeps of a profile's opaque token: the keyed hashes that are accepted, and until
// when, as one text: "hash:HEX:UNTIL_US;…" (semantics §3). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/opaque_token.h"

namespace zerq::control {

inline constexpr std::string_view kTokenField = "auth.token";

std::string write_token_hashes(const std::vector<auth::OpaqueTokenHash>& hashes);
// Empty: it is no such text.
std::vector<auth::OpaqueTokenHash> read_token_hashes(std::string_view text);

}  // namespace zerq::control
