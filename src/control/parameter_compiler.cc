// SPDX-License-Identifier: Apache-2.0
#include "control/parameter_compiler.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "control/forwarded_headers.h"
#include "http/header_list.h"
#include "text/json.h"

namespace zerq::control {
namespace {

using filters::Parameter;
using filters::ParameterPlace;
using filters::ParameterType;
using text::json::value;

// A number in its shortest form.
std::string shown(const value& json) {
  return json.is_double() ? fmt::format("{}", json.as_double()) : text::json::serialize(json);
}

// As a request would write it; nothing: it is no value of that type.
std::optional<std::string> text_of(const value& json, ParameterType type) {
  if (json.is_string() != (type == ParameterType::kString) || json.is_structured() ||
      json.is_null()) {
    return std::nullopt;
  }
  std::string text = json.is_string() ? std::string(json.as_string()) : shown(json);
  return filters::is_of_type(text, type) ? std::optional(std::move(text)) : std::nullopt;
}

std::string escape_pointer(const std::string& name) {
  std::string escaped;  // RFC 6901 §3.
  for (const char c : name) {
    escaped += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  }
  return escaped;
}

void compile_choices(const ParameterField& field, Parameter& to, config::Diagnostics& problems) {
  const value& choices = field.choices.value;
  if (!field.choices.is_set() || choices.is_null()) {
    return;
  }
  if (!choices.is_array() || choices.as_array().empty()) {
    problems.error(field.choices.place, field.choices.path, text::json::serialize(choices),
                   "a list of values");
    return;
  }
  to.choices_message = "is not one of ";
  for (const value& choice : choices.as_array()) {
    const std::optional<std::string> text = text_of(choice, to.type);
    if (!text.has_value()) {
      problems.error(field.choices.place, field.choices.path, shown(choice),
                     "values of type " + field.type);
      return;
    }
    to.choices_message += (to.choices.empty() ? "" : ", ") + *text;
    to.choices.push_back(*text);
  }
}

void compile_default(const ParameterField& field, Parameter& to, config::Diagnostics& problems) {
  const value& initial = field.initial.value;
  if (!field.initial.is_set() || initial.is_null()) {
    return;
  }
  const std::string found = shown(initial);
  if (to.place != ParameterPlace::kQuery) {
    problems.error(field.initial.place, field.initial.path, found, "only where `in` is query");
    return;
  }
  const std::optional<std::string> text = text_of(initial, to.type);
  if (!text.has_value() || !filters::is_choice(*text, to)) {
    problems.error(field.initial.place, field.initial.path, found,
                   text.has_value() ? "one of its enum" : "a value of type " + field.type);
    return;
  }
  to.default_pair =
      filters::encode_query_text(field.name.value) + "=" + filters::encode_query_text(*text);
}

// A name that no request can have would be checked in vain.
void check_name(const ParameterField& field, config::Diagnostics& problems) {
  const std::string& name = field.name.value;
  const bool is_good = field.in.value == "header" ? is_header_name(name) : !name.empty();
  if (field.name.is_set() && !is_good) {
    problems.error(field.name.place, field.name.path, "\"" + name + "\"",
                   field.in.value == "header" ? "a header name" : "a name");
  }
}

bool is_same(const ParameterField& a, const ParameterField& b) {
  return a.in.value == b.in.value &&
         (a.in.value == "header" ? http::equals_ignoring_case(a.name.value, b.name.value)
                                 : a.name.value == b.name.value);
}

}  // namespace

filters::ParameterSet compile_parameters(std::span<const ParameterField> fields,
                                         const proxy::RoutePattern& pattern,
                                         config::Diagnostics& problems) {
  filters::ParameterSet set;
  for (size_t i = 0; i < fields.size(); ++i) {
    const ParameterField& field = fields[i];
    const std::string& in = field.in.value;
    Parameter parameter{
        .name = field.name.value,
        .place = in == "path"     ? ParameterPlace::kPath
                 : in == "header" ? ParameterPlace::kHeader
                                  : ParameterPlace::kQuery,
        .type = field.type == "integer"   ? ParameterType::kInteger
                : field.type == "number"  ? ParameterType::kNumber
                : field.type == "boolean" ? ParameterType::kBoolean
                                          : ParameterType::kString,
        .is_required = field.is_required,
        .pointer = "/" + in + "/" + escape_pointer(field.name.value),
    };
    check_name(field, problems);
    const auto earlier = fields.first(i);
    if (std::ranges::any_of(earlier, [&](const auto& other) { return is_same(field, other); })) {
      problems.error(field.name.place, field.name.path, field.name.value, "each parameter once");
    }
    if (parameter.place == ParameterPlace::kPath) {
      const auto found = std::ranges::find(pattern.params, parameter.name);
      if (found == pattern.params.end()) {
        problems.error(field.name.place, field.name.path, field.name.value, "a {name} of the path",
                       config::nearest_name(field.name.value, pattern.params).value_or(""));
        continue;
      }
      parameter.path_index = static_cast<size_t>(found - pattern.params.begin());
    }
    compile_choices(field, parameter, problems);
    compile_default(field, parameter, problems);
    set.add(std::move(parameter));
  }
  return set;
}

}  // namespace zerq::control
