// SPDX-License-Identifier: Apache-2.0
// Lane: one shard's stream of frames in one process life, (epoch, shard), with its own gap-free n.
// Rung: Shard; appended to by its shard alone. append_* is a function call into a mapped ring: no
// syscall, no allocation, works in a destructor. When it returned, the frame survives kill -9.
// The journal thread drains the ring (audit/journal.h); a full ring suspends exchanges before
// their final send (wait_room), and never drops.
#pragma once

#include <cstdint>
#include <memory>

#include "audit/record.h"
#include "base/result.h"
#include "io/event_loop.h"
#include "io/signal.h"

namespace zerq::audit {

class Lane {
 public:
  virtual ~Lane() = default;

  // Room for a begin and for the largest record (kRecordBytesMax) is certain after this is true.
  // One begin reserves the room of its end, so an end after a begin always fits.
  virtual bool has_room() const noexcept = 0;
  // Calls `signal.notify()` on the shard once there is room again.
  virtual void notify_when_room(io::Signal& signal) = 0;
  virtual void forget(io::Signal& signal) noexcept = 0;

  // Returns the frame's n; the matching end names it. Precondition: has_room().
  virtual uint64_t append_begin(const BeginMark& mark) noexcept = 0;
  // `begin_n` 0: there was no begin. Strings are cut to the limits of docs/audit-format.md.
  virtual void append_end(const Record& record, uint64_t begin_n) noexcept = 0;
  // phase kOpen of a long exchange; its begin stays open.
  virtual void append_open(const Record& record, uint64_t begin_n) noexcept = 0;
};

}  // namespace zerq::audit
