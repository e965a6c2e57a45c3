// SPDX-License-Identifier: Apache-2.0
// Sets of scopes as canonical text: sorted bytewise, each once, one space between. So the text of
// a record is the set itself, and two sets are compared in one walk over both, without a table that
// shards would share. Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/arena.h"

namespace zerq::auth {

// RFC 6749 §3.3: printable ASCII without space, '"' and '\'.
bool is_scope(std::string_view text) noexcept;

// Whatever is no scope is left out: it could not be required either. Sorts `scopes` in place.
std::string_view make_scope_set(std::span<std::string_view> scopes, Arena& arena);
std::string make_scope_set(std::span<std::string_view> scopes);

// Both sets canonical. Every set has all of the empty one; none has any of it.
bool has_all_scopes(std::string_view granted, std::string_view required) noexcept;
bool has_any_scope(std::string_view granted, std::string_view required) noexcept;

}  // namespace zerq::auth
