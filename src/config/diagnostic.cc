// SPDX-License-Identifier: Apache-2.0
#include "config/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>

namespace zerq::config {
namespace {

std::string without_controls(std::string_view text) {
  std::string clean;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      clean += fmt::format("\\x{:02X}", byte);
    } else {
      clean += c;
    }
  }
  return clean;
}

}  // namespace

std::string to_text(const Place& place) {
  return place.line == 0 ? place.file
                         : fmt::format("{}:{}:{}", place.file, place.line, place.column);
}

std::string to_line(const Diagnostic& diagnostic) {
  std::string line = to_text(diagnostic.place);
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
  return without_controls(line);
}

void Diagnostics::add(Diagnostic diagnostic) {
  errors_ += diagnostic.is_warning ? 0 : 1;
  if (all_.size() < kKeptMax) {
    all_.push_back(std::move(diagnostic));
  } else {
    ++left_out_;
  }
}

void Diagnostics::error(Place place, std::string field, std::string found, std::string allowed,
                        std::string nearest) {
  add({.place = std::move(place),
       .field = std::move(field),
       .found = std::move(found),
       .allowed = std::move(allowed),
       .nearest = std::move(nearest)});
}

void Diagnostics::warning(Place place, std::string field, std::string found, std::string allowed) {
  add({.place = std::move(place),
       .field = std::move(field),
       .found = std::move(found),
       .allowed = std::move(allowed),
       .is_warning = true});
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  // libstdc++ 12 implements stable_sort with a deprecated buffer; the index keeps the order.
  std::vector<size_t> order(all_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, [this](size_t a, size_t b) {
    return std::tie(all_[a].place, a) < std::tie(all_[b].place, b);
  });
  std::vector<Diagnostic> sorted;
  sorted.reserve(all_.size() + 1);
  for (const size_t index : order) {
    sorted.push_back(all_[index]);
  }
  if (left_out_ != 0) {
    sorted.push_back({.place = {.file = sorted.back().place.file},
                      .found = fmt::format("{} more problems", left_out_),
                      .is_warning = !has_errors()});
  }
  return sorted;
}

}  // namespace zerq::config
