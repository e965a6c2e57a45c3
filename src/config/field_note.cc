// SPDX-License-Identifier: Apache-2.0
#include "config/field_note.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace zerq::config {

void note_value(const std::string& initial, const FieldRules& rules, FieldNote& note) {
  note.choices = rules.choices;
  note.value =
      rules.choices.empty() ? "text" : fmt::format("`{}`", fmt::join(rules.choices, "`, `"));
  note.initial = initial;
}

void note_value(bool initial, const FieldRules&, FieldNote& note) {
  note.type = FieldType::kBool;
  note.value = "`true`, `false`";
  note.initial = initial ? "true" : "false";
}

void note_value(int64_t initial, const FieldRules& rules, FieldNote& note) {
  note.type = FieldType::kNumber;
  if (rules.min == rules.max) {
    note.value = fmt::format("`{}`", rules.min);
  } else if (rules.max == INT64_MAX) {
    note.value = fmt::format("number from {}", rules.min);
  } else {
    note.value = fmt::format("number from {} to {}", rules.min, rules.max);
  }
  note.initial = fmt::format("{}", initial);
}

void note_value(uint64_t initial, const FieldRules& rules, FieldNote& note) {
  note_value(static_cast<int64_t>(initial), rules, note);
}

void note_value(uint32_t initial, const FieldRules& rules, FieldNote& note) {
  FieldRules narrow = rules;
  narrow.max = std::min<int64_t>(rules.max, UINT32_MAX);
  note_value(int64_t{initial}, narrow, note);
}

void note_value(Duration initial, const FieldRules& rules, FieldNote& note) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(initial).count();
  note.value =
      fmt::format("duration (`30s`, `5m`, `1h`, `7d`) of {} to {} s", rules.min, rules.max);
  note.initial = fmt::format("{}s", seconds);
}

void note_value(const ObjectId&, const FieldRules&, FieldNote& note) { note.value = "id"; }

void note_value(const CidrSet&, const FieldRules&, FieldNote& note) {
  note.type = FieldType::kTextList;
  note.value = "list of addresses and CIDR blocks";
}

void note_value(const std::vector<std::string>& initial, const FieldRules& rules, FieldNote& note) {
  note_value(std::string(), rules, note);
  note.type = FieldType::kTextList;
  note.value = "list of " + note.value;
  note.initial = fmt::format("{}", fmt::join(initial, ", "));
}

void note_value(const text::json::value&, const FieldRules&, FieldNote& note) {
  note.type = FieldType::kAny;
  note.value = "map";
}

}  // namespace zerq::config
