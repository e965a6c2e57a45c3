// SPDX-License-Identifier: Apache-2.0
// Any bytes are a document or a diagnostic that fits in one line; what was read has the shape that
// the rules promise, and says the same when it is read again.
#include <algorithm>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "config/config_reader.h"
#include "text/utf8.h"

namespace zerq::config {
namespace {

constexpr int kLevelsMax = 128;  // 64, and as many through an alias.

void check_node(const ConfigNode& node, int level) {
  CHECK(level <= kLevelsMax);
  CHECK(node.place().line >= 1 && node.place().column >= 1);
  CHECK(text::is_utf8(node.shown()));
  if (node.kind() != ConfigNode::Kind::kList) {
    CHECK(node.items().empty());
  }
  if (node.kind() != ConfigNode::Kind::kMap) {
    CHECK(node.entries().empty());
  }
  for (const ConfigNode& item : node.items()) {
    check_node(item, level + 1);
  }
  for (const ConfigNode::Entry& entry : node.entries()) {
    CHECK(node.find(entry.key) == &entry.value);
    check_node(entry.value, level + 1);
  }
}

}  // namespace
}  // namespace zerq::config

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  zerq::config::Diagnostics problems;
  const auto document = zerq::config::read_document("f", text, problems);
  CHECK(document != nullptr || problems.has_errors());
  for (const zerq::config::Diagnostic& problem : problems.sorted()) {
    CHECK(zerq::config::to_line(problem).find('\n') == std::string::npos);
  }
  if (document == nullptr) {
    return 0;
  }
  zerq::config::check_node(*document, 0);
  zerq::config::Diagnostics again;
  const auto twin = zerq::config::read_document("g", text, again);
  std::string content;
  std::string twin_content;
  document->append_content(content);
  twin->append_content(twin_content);
  CHECK(content == twin_content);
  document->to_json();
  return 0;
}
