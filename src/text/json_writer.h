// SPDX-License-Identifier: Apache-2.0
// Appends JSON to a string without building a tree. The caller keeps the order of calls valid
// (key before value inside objects); commas are placed here. Bytes that are not UTF-8 are written
// as U+FFFD, so the output is always valid JSON whatever a peer sent. Any rung and thread.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace zerq::text {

// The text between the quotes.
void append_json_escaped(std::string& out, std::string_view text);

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  // `name` is escaped like any text.
  void key(std::string_view name);

  void text(std::string_view value);
  void number(std::signed_integral auto value) { append_signed(value); }
  void number(std::unsigned_integral auto value) { append_unsigned(value); }
  // Shortest form that reads back equal; not a number or infinite becomes null.
  void number(double value);
  void boolean(bool value) { raw(value ? "true" : "false"); }
  void null() { raw("null"); }
  // `json` is one complete value.
  void raw(std::string_view json);

  void member(std::string_view name, std::string_view value) {
    key(name);
    text(value);
  }
  void member(std::string_view name, const char* value) { member(name, std::string_view(value)); }
  template <class T>
    requires(std::integral<T> || std::floating_point<T>)
  void member(std::string_view name, T value) {
    key(name);
    if constexpr (std::same_as<T, bool>) {
      boolean(value);
    } else {
      number(value);
    }
  }

 private:
  void open(char bracket);
  void close(char bracket);
  void separate();
  void append_signed(int64_t value);
  void append_unsigned(uint64_t value);

  std::string& out_;
  bool needs_comma_ = false;
};

}  // namespace zerq::text
