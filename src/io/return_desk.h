// SPDX-License-Identifier: Apache-2.0
// ReturnDesk: where a pool hands results to the loops that still want them (rung: Gateway, part of
// a pool; any thread). Once a ticket is closed nothing is sent to its loop on its account, so that
// a loop may end while work for it is queued or under way.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "io/mailbox.h"

namespace zerq::io {

class ReturnDesk {
 public:
  uint64_t open(Mailbox& home) {
    const std::lock_guard lock(mutex_);
    homes_.emplace(++last_ticket_, &home);
    return last_ticket_;
  }
  void close(uint64_t ticket) {
    const std::lock_guard lock(mutex_);
    homes_.erase(ticket);
  }
  bool is_open(uint64_t ticket) const {
    const std::lock_guard lock(mutex_);
    return homes_.contains(ticket);
  }
  // Closes the ticket; a letter for a closed one is destroyed unread.
  void deliver(uint64_t ticket, Mailbox::Letter letter) {
    const std::lock_guard lock(mutex_);
    const auto node = homes_.extract(ticket);
    if (!node.empty()) {
      node.mapped()->send(std::move(letter));
    }
  }

 private:
  mutable std::mutex mutex_;
  uint64_t last_ticket_ = 0;                         // Guarded by mutex_.
  std::unordered_map<uint64_t, Mailbox*> homes_;  // Guarded by mutex_.
};

}  // namespace zerq::io
