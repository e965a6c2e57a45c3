// SPDX-License-Identifier: Apache-2.0
#include "io/cares_version.h"

#include <ares_version.h>

namespace zerq::io {

std::string_view cares_version() noexcept { return ARES_VERSION_STR; }

}  // namespace zerq::io
