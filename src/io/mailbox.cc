// SPDX-License-Identifier: Apache-2.0
#include "io/mailbox.h"

#include <utility>

#include "io/event_loop.h"

namespace zerq::io {

void Mailbox::send(Letter letter) {
  {
    const std::lock_guard lock(mutex_);
    letters_.push_back(std::move(letter));
    has_mail_.store(true, std::memory_order_seq_cst);
  }
  loop_.wake();
}

size_t Mailbox::open_all() {
  if (!has_mail_.load(std::memory_order_relaxed)) {
    return 0;  // Every turn comes by here; an empty box costs no lock.
  }
  std::vector<Letter> opened;
  {
    const std::lock_guard lock(mutex_);
    opened.swap(letters_);
    has_mail_.store(false, std::memory_order_relaxed);
  }
  for (Letter& letter : opened) {
    letter();
  }
  return opened.size();
}

bool Mailbox::has_mail() const noexcept { return has_mail_.load(std::memory_order_seq_cst); }

}  // namespace zerq::io
