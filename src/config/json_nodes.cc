// SPDX-License-Identifier: Apache-2.0
#include "config/json_nodes.h"

#include <fmt/format.h>

namespace zerq::config {

class JsonNodes {
 public:
  explicit JsonNodes(const std::string& file) : place_{.file = file, .line = 1, .column = 1} {}

  // Recursion is bounded by the depth limit of the parse.
  ConfigNode make(const text::json::value& value, std::string path) const {
    ConfigNode node;
    node.place_ = place_;
    node.is_strict_ = true;
    if (const auto* object = value.if_object()) {
      node.kind_ = ConfigNode::Kind::kMap;
      for (const auto& member : *object) {
        const std::string key(member.key());
        node.entries_.push_back(
            {.key = key,
             .place = place_,
             .value = make(member.value(), path.empty() ? key : path + "." + key)});
      }
    } else if (const auto* array = value.if_array()) {
      node.kind_ = ConfigNode::Kind::kList;
      for (const text::json::value& item : *array) {
        node.items_.push_back(make(item, fmt::format("{}[{}]", path, node.items_.size())));
      }
    } else if (const auto* text = value.if_string()) {
      node.kind_ = ConfigNode::Kind::kScalar;
      node.is_quoted_ = true;
      node.scalar_ = *text;
    } else if (!value.is_null()) {
      node.kind_ = ConfigNode::Kind::kScalar;
      node.scalar_ = text::json::serialize(value);
    }
    node.path_ = std::move(path);
    return node;
  }

 private:
  Place place_;
};

ConfigNode make_node(const text::json::value& value, const std::string& file) {
  return JsonNodes(file).make(value, "");
}

}  // namespace zerq::config
