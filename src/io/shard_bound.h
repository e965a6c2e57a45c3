// SPDX-License-Identifier: Apache-2.0
// ShardBound: a member that remembers the thread it was made on. Every resource of the data plane
// has one and calls check() at its door; debug builds end the process when another thread comes in,
// release builds carry nothing.
#pragma once

#include "base/check.h"

#ifndef NDEBUG
#include <thread>
#endif

namespace zerq::io {

class ShardBound {
 public:
#ifdef NDEBUG
  void check() const noexcept {}
#else
  void check() const noexcept { CHECK(owner_ == std::this_thread::get_id()); }

 private:
  std::thread::id owner_ = std::this_thread::get_id();
#endif
};

}  // namespace zerq::io
