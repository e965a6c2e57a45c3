// SPDX-License-Identifier: Apache-2.0
// A key of limits/limit_table.h, and LimitPin: what a snapshot holds of one that it knows
// beforehand, so that a request of it looks nothing up. Any thread, one at a time.
#pragma once

#include <cstdint>
#include <utility>

#include "base/object_id.h"
#include "limits/policy_config.h"

namespace zerq::limits {

class LimitTable;

// What is counted together under a policy.
struct LimitKey {
  ObjectId policy;
  ObjectId client;
  ObjectId part;  // The profile, collection or proxy, as `per` says; else unset.
  LimitPer per = LimitPer::kClient;

  friend bool operator==(const LimitKey&, const LimitKey&) = default;
};

// Keeps what is counted under a key alive; the table outlives it.
class LimitPin {
 public:
  LimitPin() = default;
  ~LimitPin() {
    if (table_ != nullptr) {
      release();
    }
  }
  LimitPin(LimitPin&& other) noexcept
      : table_(std::exchange(other.table_, nullptr)),
        window_(std::exchange(other.window_, 0)),
        account_(std::exchange(other.account_, 0)) {}
  LimitPin& operator=(LimitPin&& other) noexcept {
    std::swap(table_, other.table_);
    std::swap(window_, other.window_);
    std::swap(account_, other.account_);
    return *this;
  }

  bool is_set() const { return table_ != nullptr; }

 private:
  friend class LimitTable;
  LimitPin(LimitTable& table, uint32_t window, uint32_t account)
      : table_(&table), window_(window), account_(account) {}
  void release() noexcept;

  LimitTable* table_ = nullptr;
  uint32_t window_ = 0;  // Where they are in the table's memory; 0: there is none.
  uint32_t account_ = 0;
};

}  // namespace zerq::limits
