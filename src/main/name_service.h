// SPDX-License-Identifier: Apache-2.0
// A static glibc loads the host's name-service modules at the first look-up and crashes where they
// are of another glibc. Pinning the services to what is linked in prevents every such dlopen.
#pragma once

namespace zerq {

// First statement of the process.
void pin_name_service();

}  // namespace zerq
