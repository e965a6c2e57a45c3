// SPDX-License-Identifier: Apache-2.0
#include "config/config_reader.h"

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <sstream>

#include "config/node_builder.h"
#include "text/utf8.h"

namespace zerq::config {
namespace {

constexpr size_t kFileBytesMax = 64 * 1024 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// YAML 1.2 §5.1. The library takes 0x04 for the end of the text and would drop what follows.
bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f;
}

Place place_at(const std::string& file, std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0.
  return {.file = file,
          .line = static_cast<int>(std::ranges::count(before, '\n')) + 1,
          .column = static_cast<int>(offset - line_start) + 1};
}

bool check_characters(const std::string& file, std::string_view text, Diagnostics& problems) {
  for (size_t at = 0; at < text.size();) {
    const size_t bytes = text::utf8_character_bytes(text.substr(at));
    if (bytes == 0 || is_control(text[at])) {
      problems.error(place_at(file, text, at), "",
                     fmt::format("the byte 0x{:02X}", static_cast<unsigned char>(text[at])),
                     "UTF-8 text without control characters");
      return false;
    }
    at += bytes;
  }
  return true;
}

// Null: not valid YAML.
std::unique_ptr<ConfigNode> parse_text(const std::string& file, const std::string& text,
                                       Diagnostics& problems) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  NodeBuilder builder(file, text, problems);
  if (!parser.HandleNextDocument(builder)) {
    problems.error({.file = file, .line = 1, .column = 1}, "", "an empty document",
                   "a map of fields");
    return nullptr;
  }
  if (builder.is_stopped()) {
    return nullptr;
  }
  Diagnostics unread;
  NodeBuilder rest(file, text, unread);
  if (parser.HandleNextDocument(rest)) {
    problems.error(rest.take_root().place(), "", "a second YAML document", "one a file");
    return nullptr;
  }
  return std::make_unique<ConfigNode>(builder.take_root());
}

}  // namespace

std::unique_ptr<ConfigNode> read_document(const std::string& file, const std::string& text,
                                          Diagnostics& problems) {
  if (!check_characters(file, text, problems)) {
    return nullptr;
  }
  try {
    return parse_text(file,
                      text.starts_with(kByteOrderMark) ? text.substr(kByteOrderMark.size()) : text,
                      problems);
  } catch (const YAML::Exception& error) {
    problems.error({.file = file, .line = error.mark.line + 1, .column = error.mark.column + 1}, "",
                   "not valid YAML: " + error.msg);
  } catch (const std::exception& error) {
    problems.error({.file = file}, "", std::string("not valid YAML: ") + error.what());
  }
  return nullptr;
}

std::optional<std::string> read_file(const std::string& path, Diagnostics& problems) {
  std::FILE* file = std::fopen(path.c_str(), "re");
  if (file == nullptr) {
    problems.error({.file = path}, "", fmt::format("cannot be read: {}", std::strerror(errno)));
    return std::nullopt;
  }
  std::string text;
  std::vector<char> part(65536);
  size_t got = 0;
  while ((got = std::fread(part.data(), 1, part.size(), file)) > 0 &&
         text.size() <= kFileBytesMax) {
    text.append(part.data(), got);
  }
  const int error = std::ferror(file) != 0 ? errno : 0;
  std::fclose(file);
  if (error != 0) {
    problems.error({.file = path}, "", fmt::format("cannot be read: {}", std::strerror(error)));
    return std::nullopt;
  }
  if (text.size() > kFileBytesMax) {
    problems.error({.file = path}, "", "larger than 64 MiB");
    return std::nullopt;
  }
  return text;
}

}  // namespace zerq::config
