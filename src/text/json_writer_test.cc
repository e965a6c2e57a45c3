// SPDX-License-Identifier: Apache-2.0
#include "text/json_writer.h"

#include <gtest/gtest.h>

#include <limits>

#include "text/json.h"

namespace zerq::text {
namespace {

TEST(JsonWriter, PlacesCommas) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("a", 1);
  json.member("b", "x");
  json.member("t", true);
  json.key("c");
  json.begin_array();
  json.null();
  json.number(-7);
  json.begin_object();
  json.end_object();
  json.raw("[1]");
  json.end_array();
  json.member("d", uint64_t{18446744073709551615U});
  json.end_object();
  EXPECT_EQ(out, R"({"a":1,"b":"x","t":true,"c":[null,-7,{},[1]],"d":18446744073709551615})");
}

TEST(JsonWriter, EscapesControlsQuotesAndBackslashes) {
  std::string out;
  append_json_escaped(out, std::string_view("a\"b\\c\n\r\t\b\f\x01\x1f\x7f\0", 14));
  EXPECT_EQ(out, "a\\\"b\\\\c\\n\\r\\t\\b\\f\\u0001\\u001f\\u007f\\u0000");
}

TEST(JsonWriter, KeepsUtf8AndReplacesWhatIsNot) {
  std::string out;
  append_json_escaped(out, "\xC3\xA9|\xC0\xAF|\xED\xA0\x80|\xF0\x9F\x98\x80|\xE2\x82");
  EXPECT_EQ(out, "\xC3\xA9|\\ufffd\\ufffd|\\ufffd\\ufffd\\ufffd|\xF0\x9F\x98\x80|\\ufffd\\ufffd");
}

TEST(JsonWriter, WritesNumbersThatReadBack) {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  json.number(0.1);
  json.number(std::numeric_limits<double>::infinity());
  json.end_array();
  EXPECT_EQ(out, "[0.1,null]");
}

TEST(JsonWriter, AnyBytesMakeValidJson) {
  std::string every;
  for (int c = 0; c < 256; ++c) {
    every += static_cast<char>(c);
  }
  std::string out;
  JsonWriter json(out);
  json.text(every);
  EXPECT_TRUE(parse_json(out).has_value());
}

}  // namespace
}  // namespace zerq::text
