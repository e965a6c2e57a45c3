// SPDX-License-Identifier: Apache-2.0
#include "admin/operations/object_list.h"

#include <algorithm>
#include <charconv>

#include "admin/operations/config_answer.h"
#include "control/live_config.h"
#include "text/base64url.h"

namespace zerq::admin {
namespace {

namespace json = text::json;
using control::KindFacts;

constexpr size_t kPageDefault = 50;
constexpr size_t kPageMax = 1000;

struct ListQuery {
  std::vector<std::pair<std::string, std::string>> equal;
  std::string name_prefix;
  std::string sort = "name";
  bool is_descending = false;
  size_t limit = kPageDefault;
  std::string after_key, after_id;  // Of the cursor.
  bool has_cursor = false;
};

std::string text_of(const json::value& value) {
  if (const json::string* text = value.if_string()) {
    return std::string(*text);
  }
  return value.is_object() || value.is_array() || value.is_null() ? "" : json::serialize(value);
}

bool is_scalar_field(const KindFacts& kind, std::string_view name) {
  if (name == "id" || name == "name" || name == kind.parent_field) {
    return true;
  }
  const auto& fields = control::fields_of_kind(kind.kind);
  return std::ranges::any_of(fields, [name](const config::FieldNote& note) {
    const bool is_scalar = note.type == config::FieldType::kText ||
                           note.type == config::FieldType::kBool ||
                           note.type == config::FieldType::kNumber;
    return note.name == name && is_scalar && note.use == config::FieldUse::kRead;
  });
}

// Empty, or why not.
std::string read_query(const KindFacts& kind, const AdminRequest& request, ListQuery& query) {
  for (const auto& [name, value] : request.query) {
    if (name == "limit") {
      const auto [end, error] =
          std::from_chars(value.data(), value.data() + value.size(), query.limit);
      if (error != std::errc() || end != value.data() + value.size() || query.limit == 0 ||
          query.limit > kPageMax) {
        return "limit: 1 to 1000";
      }
    } else if (name == "name_prefix") {
      query.name_prefix = value;
    } else if (name == "sort") {
      query.is_descending = value.starts_with('-');
      query.sort = value.substr(query.is_descending ? 1 : 0);
      if (query.sort != "name" && query.sort != "id" && query.sort != "created_at" &&
          query.sort != "updated_at") {
        return "sort: name, id, created_at or updated_at, with - for descending";
      }
    } else if (name == "cursor") {
      const auto decoded = text::decode_base64url(value);
      const size_t cut = decoded.has_value() ? decoded->find('\n') : std::string::npos;
      if (cut == std::string::npos) {
        return "cursor: none of ours";
      }
      query.after_id = decoded->substr(0, cut);
      query.after_key = decoded->substr(cut + 1);
      query.has_cursor = true;
    } else if (is_scalar_field(kind, name)) {
      query.equal.emplace_back(name, value);
    } else {
      return name + ": unknown parameter";
    }
  }
  return "";
}

}  // namespace

AdminReply list_objects(const control::ConfigState& state, const KindFacts& kind,
                        const AdminRequest& request) {
  ListQuery query;
  if (const std::string problem = read_query(kind, request, query); !problem.empty()) {
    return error_reply(request, 400, "validation_failed", problem + ".");
  }
  struct Row {
    std::string key, id;
    json::object shown;
  };
  std::vector<Row> rows;
  for (const auto& [id, object] : state.all(kind.kind)) {
    if (!object->name.starts_with(query.name_prefix)) {
      continue;
    }
    json::object shown = object_json(*object);
    const bool is_wanted = std::ranges::all_of(query.equal, [&shown](const auto& wanted) {
      const json::value* value = shown.if_contains(wanted.first);
      return value != nullptr && text_of(*value) == wanted.second;
    });
    if (is_wanted) {
      rows.push_back(
          {.key = text_of(shown[query.sort]), .id = id.to_text(), .shown = std::move(shown)});
    }
  }
  const auto before = [&query](const Row& a, const Row& b) {
    const bool is_less = std::tie(a.key, a.id) < std::tie(b.key, b.id);
    return query.is_descending ? std::tie(b.key, b.id) < std::tie(a.key, a.id) : is_less;
  };
  std::ranges::sort(rows, before);
  auto begin = rows.begin();
  if (query.has_cursor) {
    const Row last{.key = query.after_key, .id = query.after_id, .shown = {}};
    begin = std::ranges::upper_bound(rows, last, before);
  }
  json::array items;
  std::string cursor;
  for (auto row = begin; row != rows.end(); ++row) {
    if (items.size() == query.limit) {
      const Row& last = *(row - 1);
      cursor = text::to_base64url(as_bytes(last.id + '\n' + last.key));
      break;
    }
    items.emplace_back(row->shown);
  }
  return {.body = json::serialize(json::object{
              {"items", std::move(items)},
              {"next_cursor", cursor.empty() ? json::value(nullptr) : json::value(cursor)}})};
}

}  // namespace zerq::admin
