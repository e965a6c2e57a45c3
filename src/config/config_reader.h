// SPDX-License-Identifier: Apache-2.0
// YAML text → ConfigNode with places and paths. The only door to the YAML library, whose exceptions
// end here. Refused (semantics §2): duplicate keys, tags, `<<`, aliases that expand to more than
// 10,000 nodes, more than 64 levels, more than one document. What the fields mean is not decided
// here: config/field_list.h. Control thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "config/config_node.h"

namespace zerq::config {

// `file` is what messages call it. Null where the text is no document; smaller mistakes leave a
// tree without what was wrong, so that the rest is checked too.
std::unique_ptr<ConfigNode> read_document(const std::string& file, const std::string& text,
                                          Diagnostics& problems);

// Reads a whole file, at most 64 MiB; none after a diagnostic that names it. Blocks.
std::optional<std::string> read_file(const std::string& path, Diagnostics& problems);

}  // namespace zerq::config
