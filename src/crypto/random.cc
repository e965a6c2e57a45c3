// SPDX-License-Identifier: Apache-2.0
#include "crypto/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "crypto/constant_time.h"

namespace zerq::crypto {

RandomSource::~RandomSource() { wipe_secret(ahead_); }

void RandomSource::fill(MutableBytes to) noexcept {
  if (to.size() > ahead_.size()) {
    fill_random(to);
    return;
  }
  if (to.size() > ahead_.size() - used_) {
    fill_random(ahead_);
    used_ = 0;
  }
  const MutableBytes from = MutableBytes(ahead_).subspan(used_, to.size());
  if (!to.empty()) {
    std::memcpy(to.data(), from.data(), to.size());
  }
  wipe_secret(from);
  used_ += to.size();
}

uint64_t RandomSource::next_u64() noexcept {
  uint64_t number;
  fill(std::as_writable_bytes(std::span(&number, 1)));
  return number;
}

void fill_random(MutableBytes to) noexcept {
  while (!to.empty()) {
    const ssize_t got = getrandom(to.data(), to.size(), 0);
    if (got < 0) {
      CHECK(errno == EINTR);
      continue;
    }
    to = to.subspan(static_cast<size_t>(got));
  }
}

}  // namespace zerq::crypto
