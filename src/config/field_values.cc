// SPDX-License-Identifier: Apache-2.0
// How single values are read (config/field_list.h): YAML 1.2 core schema, bounds, choices.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "config/field_list.h"
#include "text/utf8.h"

namespace zerq::config {
namespace {

void refuse(const ConfigNode& node, std::string allowed, Diagnostics& problems,
            std::string nearest = {}) {
  problems.error(node.place(), node.path(), node.shown(), std::move(allowed), std::move(nearest));
}

bool is_plain_scalar(const ConfigNode& node) {
  return node.kind() == ConfigNode::Kind::kScalar && !node.is_quoted();
}

std::string bounds_text(const FieldRules& rules) {
  if (rules.max == INT64_MAX) {
    return fmt::format("a whole number ≥ {}", rules.min);
  }
  return rules.min == rules.max ? fmt::format("{}", rules.min)
                                : fmt::format("a whole number from {} to {}", rules.min, rules.max);
}

}  // namespace

void read_value(const ConfigNode& node, std::string& to, const FieldRules& rules,
                Diagnostics& problems) {
  if (node.kind() != ConfigNode::Kind::kScalar || (node.is_strict() && !node.is_quoted())) {
    refuse(node, "text", problems);
    return;
  }
  if (std::ranges::find(rules.later, node.scalar()) != rules.later.end()) {
    problems.error(node.place(), node.path(), "not_supported: " + node.scalar(),
                   fmt::format("one of {}", fmt::join(rules.choices, ", ")));
    return;
  }
  if (!rules.choices.empty() &&
      std::ranges::find(rules.choices, node.scalar()) == rules.choices.end()) {
    refuse(node, fmt::format("one of {}", fmt::join(rules.choices, ", ")), problems,
           nearest_name(node.scalar(), rules.choices).value_or(""));
    return;
  }
  if (node.scalar().size() > rules.bytes_max) {
    refuse(node, fmt::format("at most {} bytes", rules.bytes_max), problems);
    return;
  }
  to = node.scalar();
}

void read_value(const ConfigNode& node, bool& to, const FieldRules&, Diagnostics& problems) {
  const std::optional<bool> value =
      is_plain_scalar(node) ? parse_core_bool(node.scalar()) : std::nullopt;
  if (!value.has_value()) {
    refuse(node, "true or false", problems);
    return;
  }
  to = *value;
}

void read_value(const ConfigNode& node, int64_t& to, const FieldRules& rules,
                Diagnostics& problems) {
  const std::optional<int64_t> value =
      is_plain_scalar(node) ? parse_core_int(node.scalar()) : std::nullopt;
  if (!value.has_value() || *value < rules.min || *value > rules.max) {
    refuse(node, bounds_text(rules), problems);
    return;
  }
  to = *value;
}

void read_value(const ConfigNode& node, uint64_t& to, const FieldRules& rules,
                Diagnostics& problems) {
  auto value = static_cast<int64_t>(to);
  read_value(node, value, rules, problems);
  to = static_cast<uint64_t>(value);
}

void read_value(const ConfigNode& node, uint32_t& to, const FieldRules& rules,
                Diagnostics& problems) {
  int64_t value = to;
  FieldRules narrow = rules;
  narrow.max = std::min<int64_t>(rules.max, UINT32_MAX);
  read_value(node, value, narrow, problems);
  to = static_cast<uint32_t>(value);
}

void read_value(const ConfigNode& node, Duration& to, const FieldRules& rules,
                Diagnostics& problems) {
  constexpr std::string_view kAllowed = "a duration such as 30s, 5m, 1h or 7d";
  const std::string& text = node.scalar();
  int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, count);
  const bool is_number = node.kind() == ConfigNode::Kind::kScalar && error == std::errc{} &&
                         count > 0 && text[0] != '0' && at + 1 == end;
  int64_t unit_s = 0;
  if (is_number) {
    unit_s = *at == 's' ? 1 : *at == 'm' ? 60 : *at == 'h' ? 3600 : *at == 'd' ? 86400 : 0;
  }
  constexpr int64_t kSecondsMax = int64_t{100} * 366 * 86400;
  if (unit_s == 0 || count > kSecondsMax / unit_s) {
    refuse(node, std::string(kAllowed), problems);
    return;
  }
  const int64_t seconds = count * unit_s;
  if (seconds < rules.min || seconds > rules.max) {
    refuse(node, fmt::format("{} to {} seconds", rules.min, rules.max), problems);
    return;
  }
  to = std::chrono::seconds(seconds);
}

void read_value(const ConfigNode& node, ObjectId& to, const FieldRules&, Diagnostics& problems) {
  const std::optional<ObjectId> id =
      node.kind() == ConfigNode::Kind::kScalar ? ObjectId::parse(node.scalar()) : std::nullopt;
  if (!id.has_value()) {
    refuse(node, "24 lower-case hex digits", problems);
    return;
  }
  to = *id;
}

void read_value(const ConfigNode& node, CidrSet& to, const FieldRules&, Diagnostics& problems) {
  if (node.kind() != ConfigNode::Kind::kList) {
    refuse(node, "a list of IP addresses and CIDR blocks", problems);
    return;
  }
  CidrSet set;
  for (const ConfigNode& item : node.items()) {
    const std::optional<CidrBlock> block =
        item.kind() == ConfigNode::Kind::kScalar ? CidrBlock::parse(item.scalar()) : std::nullopt;
    if (block.has_value()) {
      set.add(*block);
    } else {
      refuse(item, "an IP address or a CIDR block without host bits", problems);
    }
  }
  to = std::move(set);
}

void read_value(const ConfigNode& node, std::vector<std::string>& to, const FieldRules& rules,
                Diagnostics& problems) {
  if (node.kind() != ConfigNode::Kind::kList) {
    refuse(node, "a list", problems);
    return;
  }
  to.clear();
  for (const ConfigNode& item : node.items()) {
    std::string value;
    const size_t before = problems.error_count();
    read_value(item, value, rules, problems);
    if (problems.error_count() == before) {
      to.push_back(std::move(value));
    }
  }
}

void read_value(const ConfigNode& node, text::json::value& to, const FieldRules&, Diagnostics&) {
  to = node.to_json();
}

}  // namespace zerq::config
