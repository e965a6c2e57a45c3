// SPDX-License-Identifier: Apache-2.0
// The one door to Boost.JSON: strict parsing (RFC 8259, UTF-8, bounded depth, duplicate members
// refused unless asked otherwise) and serialising. json.cc is the only unit that compiles the
// library's source. Writing JSON without a tree: text/json_writer.h. Pure; any thread.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace zerq::text {

namespace json = boost::json;

struct JsonRules {
  uint32_t depth_max = 64;
  // False: the last of equal members wins, as in most libraries.
  bool must_refuse_duplicates = true;
};

// kMalformed with the detail "json_syntax" or "json_duplicate_member"; kTooLarge with
// "json_too_deep". The tree copies what it keeps of `text`.
Result<json::value> parse_json(std::string_view text, const JsonRules& rules = {});

}  // namespace zerq::text
