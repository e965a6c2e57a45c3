// SPDX-License-Identifier: Apache-2.0
// `zerq-gateway healthcheck`: for container probes. Exit 0 if /readyz of the admin listener says
// so.
#pragma once

#include "main/command_line.h"

namespace zerq {

int run_healthcheck(const HealthcheckOptions& options);

}  // namespace zerq
