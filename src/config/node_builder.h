// SPDX-License-Identifier: Apache-2.0
// NodeBuilder turns the YAML library's events into one ConfigNode, with every rule of semantics §2
// on the way. Private to config/config_reader.cc, which owns it for one document. It never throws.
#pragma once

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_node.h"

namespace zerq::config {

class NodeBuilder final : public YAML::EventHandler {
 public:
  static constexpr size_t kDepthMax = 64;
  static constexpr size_t kExpandedNodesMax = 10'000;  // Through aliases.
  static constexpr size_t kNodesMax = 4'000'000;

  // All outlive the builder; `text` is what the parser was given.
  NodeBuilder(const std::string& file, std::string_view text, Diagnostics& problems);

  bool is_stopped() const { return is_stopped_; }
  ConfigNode take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { close(); }

 private:
  // A list or map that has begun and not ended.
  struct Frame {
    ConfigNode node;
    YAML::anchor_t anchor = YAML::NullAnchor;
    size_t nodes_before = 0;
    // Of a map: the key whose value comes next.
    bool has_key = false;
    bool must_drop = false;  // The key was refused; its value is checked and left out.
    std::string key;
    Place key_place;
    std::set<std::string, std::less<>> keys;
  };
  struct Anchored {
    ConfigNode node;
    size_t nodes = 0;
    bool is_too_large = false;
  };

  Place place_of(const YAML::Mark& mark) const;
  bool awaits_key() const;
  // The path of the value that comes next.
  std::string next_path() const;
  void stop(const Place& place, std::string found, std::string allowed);
  // False: what begins here is not read, since nothing is any more.
  bool begin(const YAML::Mark& mark, const std::string& tag);
  void take_key(const YAML::Mark& mark, const std::string& key, bool is_quoted);
  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            ConfigNode::Kind kind);
  void close();
  void remember(YAML::anchor_t anchor, const ConfigNode& node, size_t nodes);
  void add(ConfigNode node);

  const std::string& file_;
  std::string_view text_;
  bool is_ascii_;
  Diagnostics& problems_;
  ConfigNode root_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, Anchored> anchored_;
  size_t nodes_ = 0;
  size_t expanded_ = 0;
  bool is_stopped_ = false;
};

}  // namespace zerq::config
