// SPDX-License-Identifier: Apache-2.0
// The commands on a gateway's configuration (product §3, semantics §2): apply, export, status and
// token reset talk to a running gateway, backup and restore to its data directory. Exit: 0 done, 1
// unreachable, refused or conflict, 2 invalid, 3 differences (apply --dry-run --exit-code).
#pragma once

#include "main/command_line.h"

namespace zerq {

int run_apply(const ApplyOptions& options);
int run_export(const ExportOptions& options);
int run_status(const StatusOptions& options);
int run_token_reset(const TokenResetOptions& options);
int run_backup(const BackupOptions& options);
int run_restore(const RestoreOptions& options);

}  // namespace zerq
