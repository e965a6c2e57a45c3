// SPDX-License-Identifier: Apache-2.0
// How many cores this process may use: min(affinity, ⌈cgroup cpu.max⌉), at least 1. Any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace zerq::io {

uint32_t usable_cores();

// ⌈quota / period⌉ of the text of a cpu.max file; none: no limit.
std::optional<uint32_t> parse_cpu_max(std::string_view text);

// The tightest limit from `group` ("/system.slice/x.service") up to the root of the hierarchy.
std::optional<uint32_t> cgroup_cores(const std::filesystem::path& root, std::string_view group);

}  // namespace zerq::io
