// SPDX-License-Identifier: Apache-2.0
// The file of `serve --config`: YAML with long option names as keys, one value or a list each
// (semantics §1). Which options exist is the command line's business.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace zerq::config {

struct OptionFile {
  std::vector<std::pair<std::string, std::vector<std::string>>> values;
  std::string problem;  // Not empty: one line that names the file; `values` is incomplete then.
};

OptionFile read_option_file(const std::string& file);

}  // namespace zerq::config
