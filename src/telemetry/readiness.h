// SPDX-License-Identifier: Apache-2.0
// Why the node is not ready, as a few bits that any thread may set and any listener may read.
// /readyz is 200 exactly when none is set (semantics §11).
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace zerq::telemetry {

enum class NotReady : uint8_t {
  kNoSnapshot,
  kListenersDown,
  kJournalDown,
  kDraining,
  kShardStuck,
  kCount
};

std::string_view not_ready_name(NotReady reason) noexcept;

class Readiness {
 public:
  void set(NotReady reason, bool is_set) noexcept;
  bool has(NotReady reason) const noexcept {
    return (bits_.load(std::memory_order_relaxed) & bit(reason)) != 0;
  }
  bool is_ready() const noexcept { return bits_.load(std::memory_order_relaxed) == 0; }
  // {"status":"ready","reasons":[]}
  std::string to_json() const;

 private:
  static uint32_t bit(NotReady reason) { return 1U << static_cast<unsigned>(reason); }
  // A node is born without a snapshot and without listeners.
  std::atomic<uint32_t> bits_ = 0b11;
};

}  // namespace zerq::telemetry
