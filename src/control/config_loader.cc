// SPDX-License-Identifier: Apache-2.0
#include "control/config_loader.h"

#include <algorithm>
#include <filesystem>

#include "config/config_reader.h"

namespace zerq::control {

std::vector<std::string> expand_paths(std::span<const std::string> files) {
  std::vector<std::string> expanded;
  for (const std::string& file : files) {
    std::error_code error;
    if (!std::filesystem::is_directory(file, error)) {
      expanded.push_back(file);
      continue;
    }
    std::vector<std::string> inside;
    for (const auto& entry : std::filesystem::directory_iterator(file, error)) {
      const std::string extension = entry.path().extension().string();
      if (extension == ".yaml" || extension == ".yml") {
        inside.push_back(entry.path().string());
      }
    }
    std::ranges::sort(inside);
    expanded.insert(expanded.end(), inside.begin(), inside.end());
  }
  return expanded;
}

std::unique_ptr<config::ConfigNode> parse_config_text(const std::string& name,
                                                      const std::string& text,
                                                      config::Diagnostics& problems) {
  std::unique_ptr<config::ConfigNode> root = config::read_document(name, text, problems);
  if (root != nullptr && root->kind() == config::ConfigNode::Kind::kMap &&
      root->find("version") == nullptr &&
      (root->find("apply") != nullptr || root->find("listen") != nullptr)) {
    problems.error(root->place(), "", "this is an option file", "give it to serve --config");
    return nullptr;
  }
  return root;
}

std::unique_ptr<GatewayConfig> load_config(std::span<const std::string> files,
                                           config::Diagnostics& problems) {
  auto config = std::make_unique<GatewayConfig>();
  bool is_whole = true;
  for (const std::string& file : expand_paths(files)) {
    const std::optional<std::string> text = config::read_file(file, problems);
    const auto root = text.has_value() ? parse_config_text(file, *text, problems) : nullptr;
    if (root != nullptr) {
      read_gateway_config(*root, *config, problems);
    }
    is_whole = root != nullptr && is_whole;
  }
  return is_whole ? std::move(config) : nullptr;
}

std::unique_ptr<GatewayConfig> load_config_text(const std::string& name, const std::string& text,
                                                config::Diagnostics& problems) {
  const auto root = parse_config_text(name, text, problems);
  if (root == nullptr) {
    return nullptr;
  }
  auto config = std::make_unique<GatewayConfig>();
  read_gateway_config(*root, *config, problems);
  return config;
}

}  // namespace zerq::control
