// SPDX-License-Identifier: Apache-2.0
#include "text/json_writer.h"

#include <charconv>
#include <cmath>

#include "text/utf8.h"

namespace zerq::text {
namespace {

bool is_plain(char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

void append_control(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default:
      out += "\\u00";
      out += "0123456789abcdef"[static_cast<uint8_t>(c) >> 4];
      out += "0123456789abcdef"[c & 15];
  }
}

template <class T>
void append_number(std::string& out, T value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

}  // namespace

void append_json_escaped(std::string& out, std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    size_t end = i;
    while (end < text.size() && is_plain(text[end])) {
      ++end;
    }
    out.append(text, i, end - i);
    i = end;
    if (i == text.size()) {
      return;
    }
    if (static_cast<uint8_t>(text[i]) < 0x80) {
      append_control(out, text[i++]);
      continue;
    }
    const size_t bytes = utf8_character_bytes(text.substr(i));
    if (bytes == 0) {
      out += "\\ufffd";
      ++i;
    } else {
      out.append(text, i, bytes);
      i += bytes;
    }
  }
}

void JsonWriter::separate() {
  if (needs_comma_) {
    out_ += ',';
  }
  needs_comma_ = true;
}

void JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  needs_comma_ = false;
}

void JsonWriter::close(char bracket) {
  out_ += bracket;
  needs_comma_ = true;
}

void JsonWriter::key(std::string_view name) {
  separate();
  out_ += '"';
  append_json_escaped(out_, name);
  out_ += "\":";
  needs_comma_ = false;
}

void JsonWriter::text(std::string_view value) {
  separate();
  out_ += '"';
  append_json_escaped(out_, value);
  out_ += '"';
}

void JsonWriter::number(double value) {
  if (!std::isfinite(value)) {
    null();
    return;
  }
  separate();
  append_number(out_, value);
}

void JsonWriter::append_signed(int64_t value) {
  separate();
  append_number(out_, value);
}

void JsonWriter::append_unsigned(uint64_t value) {
  separate();
  append_number(out_, value);
}

void JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
}

}  // namespace zerq::text
