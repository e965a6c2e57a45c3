// SPDX-License-Identifier: Apache-2.0
#include "config/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>

namespace zerq::config {

std::string to_line(const Diagnostic& diagnostic) {
  std::string line = diagnostic.place.file;
  if (diagnostic.place.line != 0) {
    line += fmt::format(":{}:{}", diagnostic.place.line, diagnostic.place.column);
  }
  line += diagnostic.is_warning ? ": warning: " : ": ";
  if (!diagnostic.field.empty()) {
    line += diagnostic.field + ": ";
  }
  line += diagnostic.found;
  if (!diagnostic.allowed.empty()) {
    line += "; " + diagnostic.allowed;
  }
  if (!diagnostic.nearest.empty()) {
    line += fmt::format("; did you mean \"{}\"?", diagnostic.nearest);
  }
  return line;
}

void Diagnostics::error(Place place, std::string field, std::string found, std::string allowed,
                        std::string nearest) {
  all_.push_back({.place = std::move(place),
                  .field = std::move(field),
                  .found = std::move(found),
                  .allowed = std::move(allowed),
                  .nearest = std::move(nearest)});
  ++errors_;
}

void Diagnostics::warning(Place place, std::string field, std::string found, std::string allowed) {
  all_.push_back({.place = std::move(place),
                  .field = std::move(field),
                  .found = std::move(found),
                  .allowed = std::move(allowed),
                  .is_warning = true});
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<Diagnostic> sorted = all_;
  // libstdc++ 12 implements stable_sort with a deprecated buffer; the index keeps the order.
  std::vector<size_t> order(sorted.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, [this](size_t a, size_t b) {
    return std::tie(all_[a].place, a) < std::tie(all_[b].place, b);
  });
  for (size_t i = 0; i < order.size(); ++i) {
    sorted[i] = all_[order[i]];
  }
  return sorted;
}

}  // namespace zerq::config
