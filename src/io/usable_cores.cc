// SPDX-License-Identifier: Apache-2.0
#include "io/usable_cores.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>

namespace zerq::io {
namespace {

// "0::/system.slice/x.service": our group in the unified hierarchy (cgroups(7)).
std::string own_group() {
  std::ifstream file("/proc/self/cgroup");
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("0::")) {
      return line.substr(3);
    }
  }
  return "/";
}

}  // namespace

std::optional<uint32_t> parse_cpu_max(std::string_view text) {
  const auto next_number = [&text]() -> uint64_t {
    const size_t begin = std::min(text.find_first_not_of(' '), text.size());
    uint64_t number = 0;
    const auto [end, error] =
        std::from_chars(text.data() + begin, text.data() + text.size(), number);
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    return error == std::errc{} ? number : 0;
  };
  const uint64_t quota = next_number();  // 0 for "max".
  const uint64_t period = next_number();
  if (quota == 0 || period == 0) {
    return std::nullopt;
  }
  return static_cast<uint32_t>(std::min<uint64_t>((quota + period - 1) / period, UINT32_MAX));
}

std::optional<uint32_t> cgroup_cores(const std::filesystem::path& root, std::string_view group) {
  std::optional<uint32_t> least;
  while (true) {
    std::ifstream file(root / group.substr(group.starts_with('/') ? 1 : 0) / "cpu.max");
    std::string line;
    if (std::getline(file, line)) {
      if (const std::optional<uint32_t> cores = parse_cpu_max(line)) {
        least = std::min(least.value_or(*cores), *cores);
      }
    }
    if (group.empty() || group == "/") {
      return least;
    }
    group = group.substr(0, group.rfind('/'));
  }
}

uint32_t usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  uint32_t cores = 1;
  if (::sched_getaffinity(0, sizeof(set), &set) == 0) {
    cores = static_cast<uint32_t>(std::max(1, CPU_COUNT(&set)));
  }
  return std::min(cores, cgroup_cores("/sys/fs/cgroup", own_group()).value_or(cores));
}

}  // namespace zerq::io
