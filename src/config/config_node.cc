// SPDX-License-Identifier: Apache-2.0
#include "config/config_node.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "text/utf8.h"

namespace zerq::config {
namespace {

constexpr size_t kShownBytesMax = 60;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_core_float(std::string_view text) {
  const auto skip_digits = [&text] {
    size_t count = 0;
    while (count < text.size() && is_digit(text[count])) {
      ++count;
    }
    text.remove_prefix(count);
    return count;
  };
  const auto skip_one_of = [&text](std::string_view allowed) {
    const bool is_there = !text.empty() && allowed.contains(text.front());
    text.remove_prefix(is_there ? 1 : 0);
    return is_there;
  };
  skip_one_of("+-");
  const size_t whole = skip_digits();
  const size_t fraction = skip_one_of(".") ? skip_digits() : 0;
  if (whole + fraction == 0) {
    return false;
  }
  if (skip_one_of("eE")) {
    skip_one_of("+-");
    if (skip_digits() == 0) {
      return false;
    }
  }
  return text.empty();
}

// At a character boundary, so that a cut message stays valid UTF-8.
std::string_view cut_text(std::string_view text) {
  size_t end = 0;
  while (end < text.size()) {
    const size_t bytes = std::max<size_t>(1, text::utf8_character_bytes(text.substr(end)));
    if (end + bytes > kShownBytesMax) {
      break;
    }
    end += bytes;
  }
  return text.substr(0, end);
}

void append_size(size_t size, std::string& to) {
  const auto number = static_cast<uint64_t>(size);
  to.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void append_text(std::string_view text, std::string& to) {
  append_size(text.size(), to);
  to += text;
}

}  // namespace

std::optional<bool> parse_core_bool(std::string_view text) noexcept {
  if (text == "true" || text == "True" || text == "TRUE") {
    return true;
  }
  if (text == "false" || text == "False" || text == "FALSE") {
    return false;
  }
  return std::nullopt;
}

std::optional<int64_t> parse_core_int(std::string_view text) noexcept {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0o")) {
    base = text[1] == 'x' ? 16 : 8;
    text.remove_prefix(2);
    if (text.starts_with('-')) {
      return std::nullopt;
    }
  } else if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) {
      return std::nullopt;
    }
  }
  int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value, base);
  return error == std::errc{} && at == end ? std::optional(value) : std::nullopt;
}

std::optional<double> parse_core_float(std::string_view text) noexcept {
  if (!is_core_float(text)) {
    return std::nullopt;
  }
  text.remove_prefix(text.starts_with('+') ? 1 : 0);
  double value = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {
    return std::numeric_limits<double>::infinity();
  }
  return error == std::errc{} ? std::optional(value) : std::nullopt;
}

const ConfigNode* ConfigNode::find(std::string_view key) const {
  const auto it = std::ranges::find(entries_, key, &Entry::key);
  return it == entries_.end() ? nullptr : &it->value;
}

std::string ConfigNode::shown() const {
  switch (kind_) {
    case Kind::kNull: return "nothing";
    case Kind::kList: return "a list";
    case Kind::kMap: return "a map";
    case Kind::kScalar: break;
  }
  const std::string_view cut = cut_text(scalar_);
  std::string shown = is_quoted_ ? "\"" : "";
  shown += cut;
  shown += cut.size() < scalar_.size() ? "…" : "";
  shown += is_quoted_ ? "\"" : "";
  return shown;
}

text::json::value ConfigNode::to_json() const {
  switch (kind_) {
    case Kind::kNull: return nullptr;
    case Kind::kList: {
      text::json::array array;
      for (const ConfigNode& item : items_) {
        array.push_back(item.to_json());
      }
      return array;
    }
    case Kind::kMap: {
      text::json::object object;
      for (const Entry& entry : entries_) {
        object[entry.key] = entry.value.to_json();
      }
      return object;
    }
    case Kind::kScalar: break;
  }
  if (!is_quoted_) {
    if (const std::optional<bool> boolean = parse_core_bool(scalar_)) {
      return *boolean;
    }
    if (const std::optional<int64_t> whole = parse_core_int(scalar_)) {
      return *whole;
    }
    if (const std::optional<double> real = parse_core_float(scalar_)) {
      return *real;
    }
  }
  return text::json::string(scalar_);
}

void ConfigNode::append_content(std::string& to) const {
  to += static_cast<char>('0' + static_cast<int>(kind_) * 2 + (is_quoted_ ? 1 : 0));
  switch (kind_) {
    case Kind::kNull: return;
    case Kind::kScalar: append_text(scalar_, to); return;
    case Kind::kList:
      append_size(items_.size(), to);
      for (const ConfigNode& item : items_) {
        item.append_content(to);
      }
      return;
    case Kind::kMap:
      append_size(entries_.size(), to);
      for (const Entry& entry : entries_) {
        append_text(entry.key, to);
        entry.value.append_content(to);
      }
      return;
  }
}

}  // namespace zerq::config
