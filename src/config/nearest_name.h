// SPDX-License-Identifier: Apache-2.0
// "Did you mean": the name nearest to what was written, by edit distance without case. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace zerq::config {

// None when the nearest is still more than a third of its letters away.
std::optional<std::string> nearest_name(std::string_view written,
                                        std::span<const std::string> names);

}  // namespace zerq::config
