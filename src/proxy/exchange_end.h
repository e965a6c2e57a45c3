// SPDX-License-Identifier: Apache-2.0
// The only way an exchange ends: its record goes into the journal, once, before the final send of
// the answer is handed over (semantics §9), and its counters are added. Plain functions, so that a
// destructor may call them too.
#pragma once

#include "base/task.h"
#include "io/signal.h"
#include "proxy/exchange_state.h"

namespace zerq::proxy {

// Suspends while this shard's ring is full; every exchange passes here before its begin or, where
// it has none, before its record. False: the caller left meanwhile, or the journal did not recover
// within the deadline (state.reply says so).
Task<bool> wait_for_journal(ExchangeState& state, io::Signal& signal);

// Marks that from here on something of the request may reach the upstream.
void append_begin(ExchangeState& state) noexcept;

// An exchange that is unfinished ten seconds after its head has a record of phase `open` (semantics
// §9); the one at its end is then of phase `end`.
void append_open_record(ExchangeState& state) noexcept;

// Appends the record, unless it is there already or none is due.
void append_record(ExchangeState& state) noexcept;

}  // namespace zerq::proxy
