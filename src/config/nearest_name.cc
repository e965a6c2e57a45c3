// SPDX-License-Identifier: Apache-2.0
#include "config/nearest_name.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace zerq::config {
namespace {

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// Levenshtein distance with one row; case does not count.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (to_lower(a[i - 1]) == to_lower(b[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

constexpr size_t kNameBytesMax = 100;  // Longer ones are no misspelt names.

}  // namespace

std::optional<std::string> nearest_name(std::string_view written,
                                        std::span<const std::string> names) {
  if (written.size() > kNameBytesMax) {
    return std::nullopt;
  }
  const std::string* best = nullptr;
  size_t best_distance = SIZE_MAX;
  for (const std::string& name : names) {
    const size_t distance = edit_distance(written, name);
    if (distance < best_distance) {
      best = &name;
      best_distance = distance;
    }
  }
  if (best == nullptr || best_distance > std::max<size_t>(1, best->size() / 3)) {
    return std::nullopt;
  }
  return *best;
}

}  // namespace zerq::config
