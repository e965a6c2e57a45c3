// SPDX-License-Identifier: Apache-2.0
#include "audit/zstd_version.h"

#include <zstd.h>

namespace zerq::audit {

std::string_view zstd_version() noexcept { return ZSTD_VERSION_STRING; }

}  // namespace zerq::audit
