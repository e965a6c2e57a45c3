// SPDX-License-Identifier: Apache-2.0
// What a reference page says of a field: made from the same description that reads it
// (config/field_list.h), so that the two cannot differ. How a page looks is control's business.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ip_address.h"
#include "base/object_id.h"
#include "text/json.h"

namespace zerq::config {

struct FieldRules {
  bool is_required = false;
  int64_t min = 0;
  int64_t max = INT64_MAX;
  size_t bytes_max = 4096;
  std::vector<std::string> choices;  // Empty: any text.
  std::vector<std::string> later;  // Choices that are not built yet: refused with not_supported.
};

// kKept: any value, without effect. kReadOnly: the management API's, ignored where it is written.
enum class FieldUse : uint8_t { kRead, kKept, kReadOnly, kNotEnforced, kRefused };

// What a value is as JSON. kAny: whatever was written; kTextOrList: one text stands for a list.
enum class FieldType : uint8_t {
  kText,
  kBool,
  kNumber,
  kTextList,
  kTextOrList,
  kMap,
  kMapList,
  kSecret,
  kAny,
};

struct FieldNote {
  std::string name;
  std::string sentence;
  FieldUse use = FieldUse::kRead;
  FieldType type = FieldType::kText;
  bool is_required = false;
  bool is_list = false;  // Of `children`.
  bool has_defaults = false;  // A map that is always there: what it lacks has the defaults inside.
  bool is_object = false;  // One that people name: it has a table of its own on the page.
  std::string value;  // What may stand there.
  std::string initial;  // What is taken when nothing stands there; empty: nothing.
  std::vector<std::string> choices;
  std::vector<FieldNote> children;  // In the order of their description.
};

// What may be written for a value of that type, and its text if it has one.
void note_value(const std::string& initial, const FieldRules& rules, FieldNote& note);
void note_value(bool initial, const FieldRules& rules, FieldNote& note);
void note_value(int64_t initial, const FieldRules& rules, FieldNote& note);
void note_value(uint64_t initial, const FieldRules& rules, FieldNote& note);
void note_value(uint32_t initial, const FieldRules& rules, FieldNote& note);
void note_value(Duration initial, const FieldRules& rules, FieldNote& note);
void note_value(const ObjectId& initial, const FieldRules& rules, FieldNote& note);
void note_value(const CidrSet& initial, const FieldRules& rules, FieldNote& note);
void note_value(const std::vector<std::string>& initial, const FieldRules& rules, FieldNote& note);
void note_value(const text::json::value& initial, const FieldRules& rules, FieldNote& note);

}  // namespace zerq::config
