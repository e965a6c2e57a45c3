// SPDX-License-Identifier: Apache-2.0
#include "filters/parameter_set.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace zerq::filters {
namespace {

constexpr std::string_view kRequired = "is required";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_digit(char c) {
  return is_digit(c)            ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

// Takes the digits at the front; false: there is none.
bool take_digits(std::string_view& text) {
  const size_t digits =
      static_cast<size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
  text.remove_prefix(digits);
  return digits != 0;
}

// RFC 8259 §6: number, the fraction and exponent only where they may be.
bool is_number(std::string_view text, bool may_be_broken) {
  if (text.starts_with('-')) {
    text.remove_prefix(1);
  }
  if (text.starts_with('0')) {
    text.remove_prefix(1);
  } else if (!take_digits(text)) {
    return false;
  }
  if (may_be_broken && text.starts_with('.')) {
    text.remove_prefix(1);
    if (!take_digits(text)) {
      return false;
    }
  }
  if (may_be_broken && (text.starts_with('e') || text.starts_with('E'))) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) {
      text.remove_prefix(1);
    }
    if (!take_digits(text)) {
      return false;
    }
  }
  return text.empty();
}

// A '%' that begins no escape stands for itself, as the upstream's parsers take it.
std::string_view decode(std::string_view text, bool plus_is_space, Arena& arena) {
  if (text.find_first_of(plus_is_space ? "%+" : "%") == std::string_view::npos) {
    return text;
  }
  char* const first = reinterpret_cast<char*>(arena.allocate(text.size(), 1));
  char* to = first;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool has_escape = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                            hex_digit(text[i + 2]) >= 0;
    if (has_escape) {
      *to++ = static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      *to++ = plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return {first, static_cast<size_t>(to - first)};
}

std::string_view type_message(ParameterType type) {
  switch (type) {
    case ParameterType::kInteger: return "is not an integer";
    case ParameterType::kNumber: return "is not a number";
    case ParameterType::kBoolean: return "is not true or false";
    case ParameterType::kString: break;
  }
  return {};
}

// Empty: nothing is wrong with it.
std::string_view judge(std::string_view value, const Parameter& parameter) {
  if (!is_of_type(value, parameter.type)) {
    return type_message(parameter.type);
  }
  return is_choice(value, parameter) ? std::string_view() : parameter.choices_message;
}

// Calls `look(value)` for each value of a query parameter until it returns true.
template <class Look>
bool any_in_query(std::string_view query, std::string_view name, Arena& arena, const Look& look) {
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const size_t equals = pair.find('=');
    if (decode(pair.substr(0, equals), true, arena) == name &&
        look(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1))) {
      return true;
    }
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
  }
  return false;
}

// Nothing: the request has none of that name. A text that is not empty: what is wrong with one.
std::optional<std::string_view> judge_all(const Parameter& parameter, const ParameterValues& values,
                                          Arena& arena) {
  std::optional<std::string_view> found;
  const auto look = [&](std::string_view value) {
    found = judge(value, parameter);
    return !found->empty();
  };
  switch (parameter.place) {
    case ParameterPlace::kPath:
      look(decode(values.path[parameter.path_index], false, arena));
      break;
    case ParameterPlace::kQuery:
      any_in_query(values.query, parameter.name, arena,
                   [&](std::string_view value) { return look(decode(value, true, arena)); });
      break;
    case ParameterPlace::kHeader:
      for (const http::Header& header : values.headers) {
        if (http::equals_ignoring_case(header.name, parameter.name) && look(header.value)) {
          break;
        }
      }
      break;
  }
  return found;
}

}  // namespace

bool is_of_type(std::string_view text, ParameterType type) noexcept {
  switch (type) {
    case ParameterType::kInteger: return is_number(text, false);
    case ParameterType::kNumber: return is_number(text, true);
    case ParameterType::kBoolean: return text == "true" || text == "false";
    case ParameterType::kString: break;
  }
  return true;
}

// Numbers by their value, so that 1.0 is 1.
bool is_choice(std::string_view text, const Parameter& parameter) noexcept {
  if (parameter.choices.empty() ||
      std::ranges::find(parameter.choices, text) != parameter.choices.end()) {
    return true;
  }
  if (parameter.type != ParameterType::kNumber) {
    return false;
  }
  const auto value_of = [](std::string_view number) {
    double value = 0;
    std::from_chars(number.data(), number.data() + number.size(), value);
    return value;
  };
  return std::ranges::find(parameter.choices, value_of(text), value_of) != parameter.choices.end();
}

// RFC 3986 §2.3: all but unreserved characters.
std::string encode_query_text(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool is_plain = is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          c == '-' || c == '.' || c == '_' || c == '~';
    if (is_plain) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += '%';
      encoded += kHex[byte / 16];
      encoded += kHex[byte % 16];
    }
  }
  return encoded;
}

std::span<const Violation> ParameterSet::find_violations(const ParameterValues& values,
                                                         Arena& arena) const {
  std::span<Violation> violations;
  size_t count = 0;
  for (const Parameter& parameter : parameters_) {
    const std::optional<std::string_view> found = judge_all(parameter, values, arena);
    const bool is_missing =
        !found.has_value() && parameter.is_required && parameter.default_pair.empty();
    const std::string_view message = is_missing ? kRequired : found.value_or(std::string_view());
    if (message.empty()) {
      continue;
    }
    if (violations.empty()) {
      violations = arena.make_array<Violation>(parameters_.size());
    }
    violations[count++] = {.pointer = parameter.pointer, .message = message};
  }
  return violations.first(count);
}

std::string_view ParameterSet::missing_defaults(std::string_view query, Arena& arena) const {
  char* first = nullptr;
  size_t bytes = 0;
  for (const Parameter& parameter : parameters_) {
    const std::string& pair = parameter.default_pair;
    if (pair.empty() ||
        any_in_query(query, parameter.name, arena, [](std::string_view) { return true; })) {
      continue;
    }
    if (first == nullptr) {
      size_t most = 0;
      for (const Parameter& other : parameters_) {
        most += other.default_pair.size() + 1;
      }
      first = reinterpret_cast<char*>(arena.allocate(most, 1));
    }
    if (bytes != 0) {
      first[bytes++] = '&';
    }
    bytes += pair.copy(first + bytes, pair.size());
  }
  return {first, bytes};
}

}  // namespace zerq::filters
