// SPDX-License-Identifier: Apache-2.0
#include "io/mailbox.h"

#include <memory>
#include <utility>

#include "io/event_loop.h"

namespace zerq::io {

void Mailbox::send(Letter letter) {
  const EventLoop::Visit visit(loop_);  // The letter may be read, and the loop end, before wake().
  auto* envelope = new Envelope{.letter = std::move(letter)};
  envelope->older = newest_.load(std::memory_order_relaxed);
  // Sequentially consistent, as is the loop's look before it sleeps: one of the two sees the other.
  while (!newest_.compare_exchange_weak(envelope->older, envelope, std::memory_order_seq_cst,
                                        std::memory_order_relaxed)) {
  }
  loop_.wake();
}

Mailbox::Envelope* Mailbox::take_oldest_first() noexcept {
  if (newest_.load(std::memory_order_relaxed) == nullptr) {
    return nullptr;  // Every turn comes by here; an empty box costs no read-modify-write.
  }
  Envelope* newest = newest_.exchange(nullptr, std::memory_order_acquire);
  Envelope* oldest = nullptr;
  while (newest != nullptr) {
    Envelope* older = std::exchange(newest->older, oldest);
    oldest = std::exchange(newest, older);
  }
  return oldest;
}

size_t Mailbox::open_all() {
  size_t count = 0;
  for (Envelope* next = take_oldest_first(); next != nullptr; ++count) {
    const std::unique_ptr<Envelope> opened(next);
    next = opened->older;
    opened->letter();
  }
  return count;
}

void Mailbox::discard_all() noexcept {
  for (Envelope* next = take_oldest_first(); next != nullptr;) {
    const std::unique_ptr<Envelope> unread(next);
    next = unread->older;
  }
}

}  // namespace zerq::io
