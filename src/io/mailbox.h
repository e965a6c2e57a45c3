// SPDX-License-Identifier: Apache-2.0
// Mailbox: the only channel into a loop's thread. Any thread sends; the loop's thread opens its
// letters once a turn, in the order in which each sender sent them. A letter is a function that
// owns what it carries (values or unique pointers), never a borrowed pointer to sender state.
// Lock-free: a sender that is preempted in send() holds up neither the loop nor other senders.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

namespace zerq::io {

class EventLoop;

class Mailbox {
 public:
  using Letter = std::move_only_function<void()>;

  explicit Mailbox(EventLoop& loop) : loop_(loop) {}
  ~Mailbox() { discard_all(); }
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // Any thread. Wakes the loop if it sleeps. Letters sent after the loop ended are destroyed
  // unread; the loop may be destroyed as soon as the letter is read, though send() is under way.
  void send(Letter letter);
  // The loop's thread: opens all letters that are there now. Returns how many.
  size_t open_all();
  // The loop's thread: destroys them unread.
  void discard_all() noexcept;
  bool has_mail() const noexcept { return newest_.load(std::memory_order_seq_cst) != nullptr; }

 private:
  struct Envelope {
    Letter letter;
    Envelope* older = nullptr;
  };
  Envelope* take_oldest_first() noexcept;

  EventLoop& loop_;
  std::atomic<Envelope*> newest_ = nullptr;
};

}  // namespace zerq::io
