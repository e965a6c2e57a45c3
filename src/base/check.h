// SPDX-License-Identifier: Apache-2.0
// CHECK is always on: a broken invariant of ours ends the process with a message rather than with
// a wrong answer. DCHECK is for hot paths and compiles to nothing in release builds. Neither is
// ever used on what a peer or an operator controls (STYLE.md §7).
#pragma once

namespace zerq {

// Prints `file:line: check failed: what` to stderr and aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* what) noexcept;

}  // namespace zerq

#define CHECK(condition)                                    \
  do {                                                      \
    if (!(condition)) [[unlikely]] {                        \
      ::zerq::check_failed(__FILE__, __LINE__, #condition); \
    }                                                       \
  } while (false)

#ifdef NDEBUG
#define DCHECK(condition)           \
  do {                              \
    if (false) {                    \
      static_cast<void>(condition); \
    }                               \
  } while (false)
#else
#define DCHECK(condition) CHECK(condition)
#endif
