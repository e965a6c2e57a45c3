// SPDX-License-Identifier: Apache-2.0
#include "upstream/target.h"

#include <fmt/format.h>

#include <utility>

namespace zerq::upstream {

Target::Target(uint32_t index, PoolKey key, ConnectionLimits limits)
    : index_(index),
      key_(std::move(key)),
      limits_(limits),
      state_(std::make_unique<TargetState>()) {
  const std::optional<IpAddress> ip = IpAddress::parse(key_.host);
  const bool needs_brackets = ip.has_value() && key_.host.contains(':');
  const std::string host = needs_brackets ? "[" + key_.host + "]" : key_.host;
  address_text_ = fmt::format("{}:{}", host, key_.port);
  host_text_ = key_.port == 80 ? host : address_text_;
  if (ip.has_value()) {
    numeric_ = io::SocketAddress(*ip, key_.port);
  }
}

const Target& TargetRegistry::find_or_add(const PoolKey& key, const ConnectionLimits& limits) {
  std::unique_ptr<const Target>& target = targets_[{key, limits}];
  if (target == nullptr) {
    target =
        std::make_unique<const Target>(static_cast<uint32_t>(targets_.size() - 1), key, limits);
  }
  return *target;
}

}  // namespace zerq::upstream
