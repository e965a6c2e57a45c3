// SPDX-License-Identifier: Apache-2.0
// What a shard answers by itself: /healthz, /readyz, and OPTIONS *. The reserved paths win over
// every collection (product §2).
#pragma once

#include "io/io_buffer.h"
#include "proxy/exchange_state.h"

namespace zerq::proxy {

bool is_answered_locally(const ExchangeState& state);
void write_local_answer(ExchangeState& state, io::BufferChain& out);

}  // namespace zerq::proxy
