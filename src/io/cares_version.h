// SPDX-License-Identifier: Apache-2.0
// Which c-ares is linked in, for `version --json`.
#pragma once

#include <string_view>

namespace zerq::io {

std::string_view cares_version() noexcept;

}  // namespace zerq::io
