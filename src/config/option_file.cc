// SPDX-License-Identifier: Apache-2.0
#include "config/option_file.h"

#include "config/config_reader.h"

namespace zerq::config {

OptionFile read_option_file(const std::string& file) {
  OptionFile options;
  Diagnostics problems;
  std::unique_ptr<ConfigNode> root;
  if (const std::optional<std::string> text = read_file(file, problems)) {
    root = read_document(file, *text, problems);
  }
  if (root != nullptr && !problems.has_errors()) {
    if (root->kind() != ConfigNode::Kind::kMap) {
      problems.error(root->place(), "", root->shown(), "a map of option names");
    } else if (root->find("version") != nullptr && root->find("collections") != nullptr) {
      problems.error(root->place(), "", "this is a declarative file", "give it to serve --apply");
    }
    for (const ConfigNode::Entry& entry : root->entries()) {
      std::vector<std::string> values;
      if (entry.value.kind() == ConfigNode::Kind::kScalar) {
        values.push_back(entry.value.scalar());
      }
      for (const ConfigNode& item : entry.value.items()) {
        values.push_back(item.scalar());
      }
      if (values.empty()) {
        problems.error(entry.place, entry.key, entry.value.shown(), "a value or a list of values");
      }
      options.values.emplace_back(entry.key, std::move(values));
    }
  }
  if (problems.has_errors()) {
    options.problem = to_line(problems.sorted().front());
  }
  return options;
}

}  // namespace zerq::config
