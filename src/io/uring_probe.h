// SPDX-License-Identifier: Apache-2.0
// Whether io_uring works here, by behaviour rather than by version (architecture §2): on a thread
// that is thrown away afterwards, a ring with the real flags and buffer ring receives over a
// socketpair, is cancelled, accepts on loopback and is woken. 200 ms without an answer means no.
#pragma once

#include <string>

namespace zerq::io {

struct UringProbe {
  bool is_usable = false;
  std::string reason;  // One line for the log and `status`.
};

UringProbe probe_uring();

}  // namespace zerq::io
