// SPDX-License-Identifier: Apache-2.0
// The declared parameters of a route as compiled (product §4 `parameters[]`): immutable, part of a
// snapshot. What a request breaks becomes a Violation each; defaults that it leaves out become the
// end of the upstream's query.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "http/header_list.h"

namespace zerq::filters {

enum class ParameterPlace : uint8_t { kPath, kQuery, kHeader };
enum class ParameterType : uint8_t { kString, kInteger, kNumber, kBoolean };

struct Parameter {
  std::string name;
  ParameterPlace place = ParameterPlace::kQuery;
  ParameterType type = ParameterType::kString;
  bool is_required = false;
  std::vector<std::string> choices;  // As text; empty: any.
  std::string default_pair;  // name=value, percent-encoded; empty: there is no default.
  size_t path_index = 0;  // Of kPath: in the route's pattern.
  std::string pointer;  // JSON pointer: /query/limit.
  std::string choices_message;
};

// Views of the snapshot or of static text.
struct Violation {
  std::string_view pointer;
  std::string_view message;
};

// What a request holds of them.
struct ParameterValues {
  std::span<const std::string_view> path;  // Escaped, in the pattern's order.
  std::string_view query;
  const http::HeaderList& headers;
};

class ParameterSet {
 public:
  void add(Parameter parameter) { parameters_.push_back(std::move(parameter)); }
  bool is_empty() const { return parameters_.empty(); }

  // One violation a parameter at most: its first.
  std::span<const Violation> find_violations(const ParameterValues& values, Arena& arena) const;
  // Query parameters that are missing and have a default, joined by '&'.
  std::string_view missing_defaults(std::string_view query, Arena& arena) const;

 private:
  std::vector<Parameter> parameters_;
};

// Whether a text is a value of that type, as JSON writes it; any text is a string.
bool is_of_type(std::string_view text, ParameterType type) noexcept;
bool is_choice(std::string_view text, const Parameter& parameter) noexcept;
std::string encode_query_text(std::string_view text);

}  // namespace zerq::filters
