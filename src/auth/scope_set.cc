// SPDX-License-Identifier: Apache-2.0
#include "auth/scope_set.h"

#include <algorithm>

namespace zerq::auth {
namespace {

// Takes the first scope off a canonical set; empty: there is none left.
std::string_view take_first(std::string_view& set) {
  const size_t space = set.find(' ');
  const std::string_view first = set.substr(0, space);
  set.remove_prefix(space == set.npos ? set.size() : space + 1);
  return first;
}

// Sorted, each once, only scopes: what is left at the front of `scopes`.
std::span<std::string_view> normalize(std::span<std::string_view> scopes) {
  const auto valid = std::partition(scopes.begin(), scopes.end(), is_scope);
  std::sort(scopes.begin(), valid);
  return {scopes.begin(), std::unique(scopes.begin(), valid)};
}

size_t joined_bytes(std::span<const std::string_view> scopes) {
  size_t bytes = scopes.empty() ? 0 : scopes.size() - 1;
  for (const std::string_view scope : scopes) {
    bytes += scope.size();
  }
  return bytes;
}

void write_joined(std::span<const std::string_view> scopes, char* to) {
  for (size_t i = 0; i < scopes.size(); ++i) {
    if (i > 0) {
      *to++ = ' ';
    }
    to = std::copy(scopes[i].begin(), scopes[i].end(), to);
  }
}

}  // namespace

bool is_scope(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > 0x20 && c < 0x7F && c != '"' && c != '\\';
  });
}

std::string_view make_scope_set(std::span<std::string_view> scopes, Arena& arena) {
  scopes = normalize(scopes);
  const size_t bytes = joined_bytes(scopes);
  if (bytes == 0) {
    return {};
  }
  char* text = reinterpret_cast<char*>(arena.allocate(bytes, 1));
  write_joined(scopes, text);
  return {text, bytes};
}

std::string make_scope_set(std::span<std::string_view> scopes) {
  scopes = normalize(scopes);
  std::string text(joined_bytes(scopes), '\0');
  write_joined(scopes, text.data());
  return text;
}

bool has_all_scopes(std::string_view granted, std::string_view required) noexcept {
  while (!required.empty()) {
    const std::string_view wanted = take_first(required);
    std::string_view held;
    do {
      held = take_first(granted);
    } while (!held.empty() && held < wanted);
    if (held != wanted) {
      return false;
    }
  }
  return true;
}

bool has_any_scope(std::string_view granted, std::string_view required) noexcept {
  std::string_view held = take_first(granted);
  std::string_view wanted = take_first(required);
  while (!held.empty() && !wanted.empty()) {
    if (held == wanted) {
      return true;
    }
    if (held < wanted) {
      held = take_first(granted);
    } else {
      wanted = take_first(required);
    }
  }
  return false;
}

}  // namespace zerq::auth
