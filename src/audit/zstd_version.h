// SPDX-License-Identifier: Apache-2.0
// Which zstd is linked in, for `version --json`.
#pragma once

#include <string_view>

namespace zerq::audit {

std::string_view zstd_version() noexcept;

}  // namespace zerq::audit
