// SPDX-License-Identifier: Apache-2.0
// Mailbox: the only channel into a loop's thread. Any thread sends; the loop's thread opens its
// letters once a turn, in the order in which each sender sent them. A letter is a function that
// owns what it carries (values or unique pointers), never a borrowed pointer to sender state.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace zerq::io {

class EventLoop;

class Mailbox {
 public:
  using Letter = std::move_only_function<void()>;

  explicit Mailbox(EventLoop& loop) : loop_(loop) {}
  // Any thread. Wakes the loop if it sleeps. Letters sent after the loop ended are destroyed unread.
  void send(Letter letter);
  // The loop's thread: opens all letters that are there now. Returns how many.
  size_t open_all();
  bool has_mail() const noexcept;

 private:
  EventLoop& loop_;
  std::mutex mutex_;
  std::vector<Letter> letters_;  // Guarded by mutex_.
  std::atomic<bool> has_mail_ = false;
};

}  // namespace zerq::io
