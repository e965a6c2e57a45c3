// SPDX-License-Identifier: Apache-2.0
// Comparing and forgetting secrets. The time of a comparison depends on the lengths alone, which
// are public. Pure; any thread.
#pragma once

#include "base/bytes.h"

namespace zerq::crypto {

bool is_equal_constant_time(Bytes a, Bytes b) noexcept;

// Overwrites with zeros, also where the compiler sees no later reader.
void wipe_secret(MutableBytes secret) noexcept;

}  // namespace zerq::crypto
