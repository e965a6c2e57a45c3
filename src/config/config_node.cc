// SPDX-License-Identifier: Apache-2.0
#include "config/config_node.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <set>

namespace zerq::config {
namespace {

constexpr int kDepthMax = 64;
constexpr size_t kNodesMax = 10'000;       // Through aliases.
constexpr size_t kNodesWrittenMax = 4'000'000;
constexpr size_t kFileBytesMax = 64 * 1024 * 1024;
constexpr size_t kShownBytesMax = 60;

}  // namespace

// Copies the library's tree into ours, with every rule of semantics §2 on the way.
class NodeBuilder {
 public:
  NodeBuilder(const std::string& file, Diagnostics& problems) : file_(file), problems_(problems) {}

  ConfigNode build(const YAML::Node& from, std::string path, int depth) {
    ConfigNode node;
    node.place_ = place_of(from.Mark());
    node.path_ = std::move(path);
    if (depth > kDepthMax || ++nodes_ > kNodesWrittenMax) {
      refuse_size(node);
      return node;
    }
    // A node that is met again came through an alias.
    if (!from.IsScalar() && !from.IsNull() && !seen_.insert(mark_of(from.Mark())).second) {
      repeated_ += 1;
    }
    if (repeated_ > 0 && nodes_ > kNodesMax && repeated_ * 2 > seen_.size()) {
      refuse_size(node);
      return node;
    }
    const std::string& tag = from.Tag();
    if (!tag.empty() && tag != "?" && tag != "!") {
      problems_.error(node.place_, node.path_, "the tag " + tag, "tags are not allowed");
    }
    switch (from.Type()) {
      case YAML::NodeType::Scalar: fill_scalar(from, tag, node); break;
      case YAML::NodeType::Sequence: fill_list(from, depth, node); break;
      case YAML::NodeType::Map: fill_map(from, depth, node); break;
      default: break;
    }
    return node;
  }

 private:
  Place place_of(const YAML::Mark& mark) const {
    return {.file = file_, .line = mark.line + 1, .column = mark.column + 1};
  }
  static int64_t mark_of(const YAML::Mark& mark) { return mark.pos; }

  void refuse_size(const ConfigNode& node) {
    if (!is_refused_) {
      problems_.error(node.place_, node.path_, "too deep or too large",
                      fmt::format("{} levels; aliases expand to {} nodes", kDepthMax, kNodesMax));
    }
    is_refused_ = true;
  }

  static void fill_scalar(const YAML::Node& from, const std::string& tag, ConfigNode& node) {
    node.scalar_ = from.Scalar();
    node.is_quoted_ = tag == "!";
    const bool is_null = !node.is_quoted_ &&
                         (node.scalar_.empty() || node.scalar_ == "~" || node.scalar_ == "null" ||
                          node.scalar_ == "Null" || node.scalar_ == "NULL");
    node.kind_ = is_null ? ConfigNode::Kind::kNull : ConfigNode::Kind::kScalar;
  }

  void fill_list(const YAML::Node& from, int depth, ConfigNode& node) {
    node.kind_ = ConfigNode::Kind::kList;
    size_t index = 0;
    for (const YAML::Node& item : from) {
      node.items_.push_back(build(item, fmt::format("{}[{}]", node.path_, index++), depth + 1));
      if (is_refused_) {
        return;
      }
    }
  }

  void fill_map(const YAML::Node& from, int depth, ConfigNode& node) {
    node.kind_ = ConfigNode::Kind::kMap;
    std::set<std::string> keys;
    for (const auto& pair : from) {
      const Place place = place_of(pair.first.Mark());
      if (!pair.first.IsScalar()) {
        problems_.error(place, node.path_, "a key that is no text");
        continue;
      }
      const std::string& key = pair.first.Scalar();
      const std::string path = node.path_.empty() ? key : node.path_ + "." + key;
      if (key == "<<") {
        problems_.error(place, path, "a merge key", "write the fields out");
        continue;
      }
      if (!keys.insert(key).second) {
        problems_.error(place, path, "the key stands here twice");
        continue;
      }
      node.entries_.push_back({key, place, build(pair.second, path, depth + 1)});
      if (is_refused_) {
        return;
      }
    }
  }

  const std::string& file_;
  Diagnostics& problems_;
  std::set<int64_t> seen_;
  size_t nodes_ = 0;
  size_t repeated_ = 0;
  bool is_refused_ = false;
};

std::unique_ptr<ConfigNode> ConfigNode::parse(const std::string& file, const std::string& text,
                                              Diagnostics& problems) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() > 1) {
      problems.error({.file = file}, "", "more than one YAML document", "one a file");
      return nullptr;
    }
    NodeBuilder builder(file, problems);
    return std::make_unique<ConfigNode>(
        builder.build(documents.empty() ? YAML::Node() : documents.front(), "", 0));
  } catch (const YAML::Exception& error) {
    problems.error({.file = file, .line = error.mark.line + 1, .column = error.mark.column + 1}, "",
                   "not valid YAML: " + error.msg);
    return nullptr;
  }
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
  const std::string cut =
      scalar_.size() > kShownBytesMax ? scalar_.substr(0, kShownBytesMax) + "…" : scalar_;
  return is_quoted_ ? "\"" + cut + "\"" : cut;
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
    if (scalar_ == "true" || scalar_ == "false") {
      return scalar_ == "true";
    }
    int64_t whole = 0;
    const char* const end = scalar_.data() + scalar_.size();
    if (const auto [at, error] = std::from_chars(scalar_.data(), end, whole);
        error == std::errc{} && at == end) {
      return whole;
    }
    double real = 0;
    if (const auto [at, error] = std::from_chars(scalar_.data(), end, real);
        error == std::errc{} && at == end) {
      return real;
    }
  }
  return text::json::string(scalar_);
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
  const bool has_failed = std::ferror(file) != 0;
  std::fclose(file);
  if (has_failed || text.size() > kFileBytesMax) {
    problems.error({.file = path}, "", has_failed ? "cannot be read" : "larger than 64 MiB");
    return std::nullopt;
  }
  return text;
}

}  // namespace zerq::config
