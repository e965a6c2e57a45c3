// SPDX-License-Identifier: Apache-2.0
// What the process asks of the kernel before it serves. Main thread.
#pragma once

#include <csignal>

namespace zerq {

// Those that the control thread waits for.
sigset_t control_signals();

// As many descriptors as we may have: each connection through us needs two.
void raise_descriptor_limit();

}  // namespace zerq
