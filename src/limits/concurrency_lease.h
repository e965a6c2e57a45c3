// SPDX-License-Identifier: Apache-2.0
// A slot of a concurrency limit, held by one request until it is released or destroyed. The table
// that gave it outlives it. Any thread, one at a time.
#pragma once

#include <utility>

#include "limits/exact_window.h"

namespace zerq::limits {

class ConcurrencyLease {
 public:
  ConcurrencyLease() = default;
  // Of a request that was counted there.
  explicit ConcurrencyLease(ExactWindow& account) : account_(&account) {}
  ~ConcurrencyLease() { release(); }
  ConcurrencyLease(ConcurrencyLease&& other) noexcept
      : account_(std::exchange(other.account_, nullptr)) {}
  ConcurrencyLease& operator=(ConcurrencyLease&& other) noexcept {
    std::swap(account_, other.account_);
    return *this;
  }

  bool is_held() const { return account_ != nullptr; }
  void release() noexcept {
    if (ExactWindow* const account = std::exchange(account_, nullptr)) {
      account->end_request();
    }
  }

 private:
  ExactWindow* account_ = nullptr;
};

}  // namespace zerq::limits
