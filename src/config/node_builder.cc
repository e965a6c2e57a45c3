// SPDX-License-Identifier: Apache-2.0
#include "config/node_builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "text/utf8.h"

namespace zerq::config {
namespace {

constexpr std::string_view kMergeKey = "<<";

size_t count_nodes(const ConfigNode& node) {
  size_t count = 1;
  for (const ConfigNode& item : node.items()) {
    count += count_nodes(item);
  }
  for (const ConfigNode::Entry& entry : node.entries()) {
    count += count_nodes(entry.value);
  }
  return count;
}

std::string member_path(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

}  // namespace

NodeBuilder::NodeBuilder(const std::string& file, std::string_view text, Diagnostics& problems)
    : file_(file),
      text_(text),
      is_ascii_(
          std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; })),
      problems_(problems) {}

// The library counts bytes in a line; an editor counts characters.
Place NodeBuilder::place_of(const YAML::Mark& mark) const {
  auto column = static_cast<size_t>(mark.column);
  const auto end = static_cast<size_t>(mark.pos);
  if (!is_ascii_ && end >= column && end <= text_.size()) {
    const std::string_view before = text_.substr(end - column, column);
    column -= static_cast<size_t>(
        std::ranges::count_if(before, [](char c) { return (c & '\xC0') == '\x80'; }));
  }
  return {.file = file_, .line = mark.line + 1, .column = static_cast<int>(column) + 1};
}

bool NodeBuilder::awaits_key() const {
  return !frames_.empty() && frames_.back().node.kind_ == ConfigNode::Kind::kMap &&
         !frames_.back().has_key;
}

std::string NodeBuilder::next_path() const {
  if (frames_.empty()) {
    return "";
  }
  const Frame& frame = frames_.back();
  return frame.node.kind_ == ConfigNode::Kind::kList
             ? fmt::format("{}[{}]", frame.node.path_, frame.node.items_.size())
             : member_path(frame.node.path_, frame.key);
}

void NodeBuilder::stop(const Place& place, std::string found, std::string allowed) {
  problems_.error(place, frames_.empty() ? "" : frames_.back().node.path_, std::move(found),
                  std::move(allowed));
  is_stopped_ = true;
}

bool NodeBuilder::begin(const YAML::Mark& mark, const std::string& tag) {
  if (is_stopped_) {
    return false;
  }
  if (++nodes_ > kNodesMax) {
    stop(place_of(mark), "too large", fmt::format("at most {} values", kNodesMax));
    return false;
  }
  // "?" and "!" are what the library calls plain and quoted without a tag.
  if (tag != "?" && tag != "!" && !tag.empty()) {
    problems_.error(place_of(mark), next_path(), "the tag " + tag, "tags are not allowed");
  }
  return true;
}

void NodeBuilder::take_key(const YAML::Mark& mark, const std::string& key, bool is_quoted) {
  Frame& frame = frames_.back();
  frame.has_key = true;
  frame.key = key;
  frame.key_place = place_of(mark);
  frame.must_drop = false;
  const std::string path = member_path(frame.node.path_, key);
  if (key == kMergeKey && !is_quoted) {
    problems_.error(frame.key_place, path, "a merge key", "write the fields out");
    frame.must_drop = true;
  } else if (!frame.keys.insert(key).second) {
    const auto first = std::ranges::find(frame.node.entries_, key, &ConfigNode::Entry::key);
    problems_.error(frame.key_place, path, "duplicate key",
                    first == frame.node.entries_.end()
                        ? "each key once"
                        : fmt::format("first in line {}", first->place.line));
    frame.must_drop = true;
  }
}

void NodeBuilder::OnDocumentStart(const YAML::Mark& mark) { root_.place_ = place_of(mark); }

void NodeBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  if (!begin(mark, "")) {
    return;
  }
  if (awaits_key()) {
    stop(place_of(mark), "a key that is no text", "a field name");
    return;
  }
  ConfigNode node;
  node.place_ = place_of(mark);
  node.path_ = next_path();
  remember(anchor, node, 1);
  add(std::move(node));
}

void NodeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& value) {
  if (!begin(mark, tag)) {
    return;
  }
  // The library writes the escapes \N and \_ as one byte each.
  if (!text::is_utf8(value)) {
    stop(place_of(mark), "an escape that is no UTF-8",
         "the character itself, or \\u and four digits");
    return;
  }
  if (awaits_key()) {
    take_key(mark, value, tag == "!");
    return;
  }
  ConfigNode node;
  node.place_ = place_of(mark);
  node.path_ = next_path();
  node.kind_ = ConfigNode::Kind::kScalar;
  node.scalar_ = value;
  node.is_quoted_ = tag == "!";
  remember(anchor, node, 1);
  add(std::move(node));
}

void NodeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  if (is_stopped_) {
    return;
  }
  const Place place = place_of(mark);
  const auto it = anchored_.find(anchor);
  if (awaits_key() || it == anchored_.end()) {
    stop(place, awaits_key() ? "an alias as a key" : "an alias inside what it stands for",
         "a value that ended before");
    return;
  }
  expanded_ += it->second.nodes;
  if (it->second.is_too_large || expanded_ > kExpandedNodesMax || frames_.size() >= kDepthMax) {
    stop(place, "aliases that expand too far", fmt::format("at most {} values", kExpandedNodesMax));
    return;
  }
  add(it->second.node);
}

void NodeBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                                  YAML::anchor_t anchor, YAML::EmitterStyle::value) {
  open(mark, tag, anchor, ConfigNode::Kind::kList);
}

void NodeBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                             YAML::EmitterStyle::value) {
  open(mark, tag, anchor, ConfigNode::Kind::kMap);
}

void NodeBuilder::open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       ConfigNode::Kind kind) {
  if (!begin(mark, tag)) {
    return;
  }
  if (awaits_key()) {
    stop(place_of(mark), "a key that is no text", "a field name");
    return;
  }
  if (frames_.size() >= kDepthMax) {
    stop(place_of(mark), "too deep", fmt::format("at most {} levels", kDepthMax));
    return;
  }
  Frame frame;
  frame.node.kind_ = kind;
  frame.node.place_ = place_of(mark);
  frame.node.path_ = next_path();
  frame.anchor = anchor;
  frame.nodes_before = nodes_;
  frames_.push_back(std::move(frame));
}

void NodeBuilder::close() {
  if (is_stopped_) {
    return;
  }
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  remember(frame.anchor, frame.node, nodes_ - frame.nodes_before + 1);
  add(std::move(frame.node));
}

// A copy, since the node itself moves into its parent. What no alias could bring in is not kept.
void NodeBuilder::remember(YAML::anchor_t anchor, const ConfigNode& node, size_t nodes) {
  if (anchor == YAML::NullAnchor) {
    return;
  }
  Anchored anchored;
  anchored.is_too_large = nodes > kExpandedNodesMax;
  if (!anchored.is_too_large) {
    anchored.node = node;
    anchored.nodes = count_nodes(node);
  }
  anchored_[anchor] = std::move(anchored);
}

void NodeBuilder::add(ConfigNode node) {
  if (frames_.empty()) {
    root_ = std::move(node);
    return;
  }
  Frame& parent = frames_.back();
  if (parent.node.kind_ == ConfigNode::Kind::kList) {
    parent.node.items_.push_back(std::move(node));
    return;
  }
  parent.has_key = false;
  if (!parent.must_drop) {
    parent.node.entries_.push_back(
        {std::move(parent.key), std::move(parent.key_place), std::move(node)});
  }
}

}  // namespace zerq::config
