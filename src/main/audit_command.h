// SPDX-License-Identifier: Apache-2.0
// `zerq-gateway audit query|tail`: records as JSON lines on stdout, from a data directory (running
// or not) or from a running gateway's admin listener.
#pragma once

#include "main/command_line.h"

namespace zerq {

// 0: done; 1: unreachable or unreadable; 2: a filter is malformed.
int run_audit(const AuditOptions& options);

}  // namespace zerq
