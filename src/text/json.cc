// SPDX-License-Identifier: Apache-2.0
#include "text/json.h"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/src.hpp>
#include <exception>

namespace zerq::text {
namespace {

// Builds the tree as the library's own parser does, and counts the members that were read.
class TreeBuilder {
 public:
  static constexpr size_t max_object_size = json::object::max_size();
  static constexpr size_t max_array_size = json::array::max_size();
  static constexpr size_t max_key_size = json::string::max_size();
  static constexpr size_t max_string_size = json::string::max_size();
  using ErrorCode = boost::system::error_code;

  json::value_stack stack;
  size_t members_read = 0;

  bool on_document_begin(ErrorCode&) {
    stack.reset();
    return true;
  }
  bool on_document_end(ErrorCode&) { return true; }
  bool on_array_begin(ErrorCode&) { return true; }
  bool on_array_end(size_t count, ErrorCode&) {
    stack.push_array(count);
    return true;
  }
  bool on_object_begin(ErrorCode&) { return true; }
  bool on_object_end(size_t count, ErrorCode&) {
    stack.push_object(count);
    return true;
  }
  bool on_string_part(json::string_view part, size_t, ErrorCode&) {
    stack.push_chars(part);
    return true;
  }
  bool on_string(json::string_view rest, size_t, ErrorCode&) {
    stack.push_string(rest);
    return true;
  }
  bool on_key_part(json::string_view part, size_t, ErrorCode&) {
    stack.push_chars(part);
    return true;
  }
  bool on_key(json::string_view rest, size_t, ErrorCode&) {
    stack.push_key(rest);
    ++members_read;
    return true;
  }
  bool on_number_part(json::string_view, ErrorCode&) { return true; }
  bool on_int64(int64_t number, json::string_view, ErrorCode&) {
    stack.push_int64(number);
    return true;
  }
  bool on_uint64(uint64_t number, json::string_view, ErrorCode&) {
    stack.push_uint64(number);
    return true;
  }
  bool on_double(double number, json::string_view, ErrorCode&) {
    stack.push_double(number);
    return true;
  }
  bool on_bool(bool value, ErrorCode&) {
    stack.push_bool(value);
    return true;
  }
  bool on_null(ErrorCode&) {
    stack.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, ErrorCode&) { return true; }
  bool on_comment(json::string_view, ErrorCode&) { return true; }
};

// Recursion is bounded by the depth limit of the parse.
size_t count_members(const json::value& value) {
  size_t count = 0;
  if (const json::object* object = value.if_object()) {
    count = object->size();
    for (const auto& member : *object) {
      count += count_members(member.value());
    }
  } else if (const json::array* array = value.if_array()) {
    for (const json::value& element : *array) {
      count += count_members(element);
    }
  }
  return count;
}

Error syntax_error(const boost::system::error_code& failure) {
  if (failure == json::error::too_deep) {
    return {.code = ErrorCode::kTooLarge, .detail = "json_too_deep"};
  }
  return {.code = ErrorCode::kMalformed, .detail = "json_syntax"};
}

}  // namespace

Result<json::value> parse_json(std::string_view text, const JsonRules& rules) {
  try {
    json::parse_options options;
    options.max_depth = rules.depth_max;
    json::basic_parser<TreeBuilder> parser(options);
    boost::system::error_code failure;
    const size_t read = parser.write_some(false, text.data(), text.size(), failure);
    if (failure) {
      return fail(syntax_error(failure));
    }
    if (read < text.size()) {
      return fail(ErrorCode::kMalformed, "json_syntax");
    }
    json::value tree = parser.handler().stack.release();
    // The tree keeps the last of equal members, so a missing one was a duplicate.
    if (rules.must_refuse_duplicates && count_members(tree) != parser.handler().members_read) {
      return fail(ErrorCode::kMalformed, "json_duplicate_member");
    }
    return tree;
  } catch (const std::exception&) {
    return fail(ErrorCode::kTooLarge, "json_too_large");
  }
}

}  // namespace zerq::text
