// SPDX-License-Identifier: Apache-2.0
// ShardPeers<T>: objects of one kind, at most one a shard, that may tell each other something
// (rung: Gateway; any thread). What is told arrives by mailbox, on the thread of the one told, and
// only while that one is still a member. Outlives every loop whose objects join.
#pragma once

#include <algorithm>
#include <mutex>
#include <vector>

#include "io/event_loop.h"

namespace zerq::io {

template <class T>
class ShardPeers {
 public:
  ShardPeers() = default;
  ShardPeers(const ShardPeers&) = delete;
  ShardPeers& operator=(const ShardPeers&) = delete;

  // On the thread of the member's loop; it leaves before it dies.
  void join(T& member, EventLoop& loop) {
    const std::lock_guard lock(mutex_);
    members_.push_back({&member, &loop});
  }
  void leave(T& member) noexcept {
    const std::lock_guard lock(mutex_);
    std::erase_if(members_, [&](const Member& m) { return m.object == &member; });
  }

  // Calls `letter(other)` on the thread of each member but `self`; `letter` is copied.
  template <class F>
  void tell_others(const T& self, F letter) {
    const std::lock_guard lock(mutex_);
    for (const Member& member : members_) {
      if (member.object != &self) {
        member.loop->mailbox().send([this, object = member.object, letter] {
          if (is_member(*object)) {
            letter(*object);
          }
        });
      }
    }
  }

 private:
  struct Member {
    T* object;
    EventLoop* loop;
  };

  // Members come and go on their own thread only, so on that thread the answer stays true.
  bool is_member(const T& object) {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(members_, [&](const Member& m) { return m.object == &object; });
  }

  std::mutex mutex_;
  std::vector<Member> members_;  // Guarded by mutex_.
};

}  // namespace zerq::io
