// SPDX-License-Identifier: Apache-2.0
// Whatever stands in a query, a path segment or a header: a value that is of a type is good for it,
// and with the defaults appended nothing is missing any more.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "filters/parameter_set.h"

namespace {

using zerq::filters::Parameter;
using zerq::filters::ParameterPlace;
using zerq::filters::ParameterSet;
using zerq::filters::ParameterType;

ParameterSet make_set() {
  ParameterSet set;
  for (const ParameterPlace place :
       {ParameterPlace::kPath, ParameterPlace::kQuery, ParameterPlace::kHeader}) {
    for (const ParameterType type : {ParameterType::kString, ParameterType::kInteger,
                                     ParameterType::kNumber, ParameterType::kBoolean}) {
      Parameter parameter{.name = "n", .place = place, .type = type, .is_required = true};
      if (type == ParameterType::kNumber) {
        parameter.choices = {"1", "2.5"};
        parameter.choices_message = "is not one of 1, 2.5";
      }
      if (place == ParameterPlace::kQuery) {
        parameter.default_pair = "n=1";
      }
      set.add(parameter);
    }
  }
  return set;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static const ParameterSet set = make_set();
  zerq::HeapBlocks blocks;
  zerq::Arena arena(blocks);
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  zerq::http::HeaderList headers(arena);
  headers.add("N", text);
  const std::array<std::string_view, 1> path = {text};
  const auto violations =
      set.find_violations({.path = path, .query = text, .headers = headers}, arena);
  for (const zerq::filters::Violation& violation : violations) {
    CHECK(!violation.message.empty());
  }
  const std::string_view defaults = set.missing_defaults(text, arena);
  const std::string whole = std::string(text) + "&" + std::string(defaults);
  CHECK(set.missing_defaults(whole, arena).empty());
  if (is_of_type(text, ParameterType::kInteger)) {
    CHECK(is_of_type(text, ParameterType::kNumber));
  }
  return 0;
}
