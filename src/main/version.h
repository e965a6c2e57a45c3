// SPDX-License-Identifier: Apache-2.0
// `zerq-gateway version [--json]`: ours, and of every library that is linked in.
#pragma once

#include "main/command_line.h"

namespace zerq {

int print_version(const VersionOptions& options);

}  // namespace zerq
