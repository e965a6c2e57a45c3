// SPDX-License-Identifier: Apache-2.0
// LimitTable: every rate-limit window of the process by its key (rung: Gateway; any thread). A
// window lives as long as the table, so that whoever found one may keep the reference; what an
// idle one holds is given back by sweep(). The snapshot's compiler finds the windows of clients and
// profiles, so that a request looks nothing up.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "base/object_id.h"
#include "limits/exact_window.h"

namespace zerq::limits {

struct WindowKey {
  ObjectId policy;
  ObjectId client;
  ObjectId part;  // The profile, collection or proxy, as `per` says; else unset.

  friend bool operator==(const WindowKey&, const WindowKey&) = default;
};

class LimitTable {
 public:
  LimitTable() = default;
  LimitTable(const LimitTable&) = delete;
  LimitTable& operator=(const LimitTable&) = delete;

  ExactWindow& find_or_add(const WindowKey& key);
  // Gives back what idle windows hold; returns the bytes that all of them hold then.
  size_t sweep(const Clock& clock);

 private:
  struct HashKey {
    size_t operator()(const WindowKey& key) const noexcept {
      const std::hash<ObjectId> hash;
      return hash(key.policy) * 31 + hash(key.client) * 17 + hash(key.part);
    }
  };
  class Hold;

  std::atomic<uint32_t> is_held_ = 0;
  std::unordered_map<WindowKey, std::unique_ptr<ExactWindow>, HashKey> windows_;
};

}  // namespace zerq::limits
