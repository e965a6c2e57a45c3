// SPDX-License-Identifier: Apache-2.0
#include "proxy/exchange_state.h"

#include <algorithm>

#include "io/event_loop.h"

namespace zerq::proxy {

ExchangeState::ExchangeState(DataShard& shard_in, io::Transport& client_in, IpAddress peer,
                             auth::TokenMemo& memo)
    : shard(shard_in),
      client(client_in),
      token_memo(memo),
      arena(shard_in.loop().buffers(), first_arena),
      head(arena),
      peer_ip(peer),
      client_ip(peer) {}

void ExchangeState::enter(Phase next, audit::Timing timing) {
  enter(next, timing, shard.loop().clock().now());
}

void ExchangeState::enter(Phase next, audit::Timing timing, Instant now) {
  // The time of a turn is older than what was read from the clock in it.
  now = std::max(now, phase_began);
  uint32_t& total = timings_us[static_cast<size_t>(timing)];
  const auto us = static_cast<uint32_t>((now - phase_began).count() / 1000);
  total = total == audit::kTimingAbsent ? us : total + us;
  phase_began = now;
  phase = next;
}

}  // namespace zerq::proxy
