// SPDX-License-Identifier: Apache-2.0
// The `auth` of a profile → what a shard verifies with. Control thread; the door to it is
// control/snapshot_compiler.h.
#pragma once

#include "control/compilation.h"

namespace zerq::control {

// Fills kind, tokens and verifier of `profile`; `owner` keeps the verifier. A secret that cannot be
// read leaves both empty (Profile::lacks_secret).
void compile_auth(const AuthField& auth, Compilation& run, CompiledClient& owner,
                  filters::Profile& profile);

}  // namespace zerq::control
