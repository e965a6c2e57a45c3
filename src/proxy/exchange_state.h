// SPDX-License-Identifier: Apache-2.0
// Everything that is known of one request while it is served (rung: Exchange; one shard). The
// steps of the walk read and fill it; exchange_end.cc makes the record of it. It has no behaviour
// of its own: who may wait, send or answer is decided in the files of the walk.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "audit/record.h"
#include "base/arena.h"
#include "base/clock.h"
#include "filters/filter.h"
#include "http/message_head.h"
#include "http/reply_code.h"
#include "io/published.h"
#include "io/transport.h"
#include "proxy/data_shard.h"
#include "proxy/route_trie.h"

namespace zerq::auth {
struct TokenMemo;
}

namespace zerq::proxy {

struct CollectionRuntime;
struct RouteRuntime;
struct Snapshot;

// The phases of an exchange, in the words of logs, metrics, records and docs.
enum class Phase : uint8_t {
  kReadHead,
  kRoute,
  kAuth,
  kLimit,
  kWorkflow,
  kConnect,
  kTtfb,
  kBody,
  kEnd
};

struct ExchangeState {
  // Most requests fit their head, headers and record into this; only larger ones take a block.
  static constexpr size_t kFirstArenaBytes = 1792;

  ExchangeState(DataShard& shard_in, io::Transport& client_in, IpAddress peer,
                auth::TokenMemo& memo);

  DataShard& shard;
  io::Transport& client;
  auth::TokenMemo& token_memo;  // Of the connection.
  alignas(std::max_align_t) std::array<std::byte, kFirstArenaBytes> first_arena;
  Arena arena;

  // ---- the request ----
  http::RequestHead head;
  IpAddress peer_ip;
  IpAddress client_ip;
  bool peer_is_trusted = false;
  std::array<uint8_t, 16> request_uuid{};
  std::string_view request_id;     // In the arena.
  bool has_foreign_id = false;     // A trusted peer's; request_uuid is of its hash.
  std::string_view path;        // Canonical.
  std::string_view record_query;
  Phase phase = Phase::kReadHead;

  // ---- the decision ----
  io::Pin<Snapshot> snapshot;
  const CollectionRuntime* collection = nullptr;
  const RouteRuntime* route = nullptr;
  RouteMatch match;
  bool is_preflight = false;       // Answered by the collection's CORS rules.
  uint64_t body_bytes_max = UINT64_MAX;  // Of the request.
  filters::Admission admission;
  http::ReplyCode reply = http::ReplyCode::kNone;  // Why the gateway answers itself.
  std::string_view reason;                         // Finer; only ever in the record.

  // ---- the answer ----
  uint16_t status = 0;           // What the caller saw; 499 if it left before any.
  bool response_started = false; // Bytes of a final head were handed to the client's transport.
  bool must_close = false;       // This connection carries no further request.
  bool body_unread = false;      // Request body bytes may still arrive: linger before closing.
  bool must_reset = false;        // A cut answer: RST, never an end that looks whole.
  bool client_left = false;
  bool client_half_closed = false;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;

  // ---- the upstream ----
  std::string_view upstream_address;
  uint16_t upstream_status = 0;
  uint16_t upstream_attempts = 0;
  bool upstream_reused = false;

  // ---- the record ----
  WallTime wall_started{};
  Instant started{};
  Instant phase_began{};
  std::array<uint32_t, static_cast<size_t>(audit::Timing::kCount)> timings_us =
      audit::Record::all_absent();
  uint64_t begin_n = 0;
  bool has_begin = false;
  bool has_open_record = false;
  bool is_recorded = false;
  bool leaves_no_record = false;  // /healthz and /readyz are counted, not recorded.

  // The first refusal wins; later ones are consequences.
  void refuse(http::ReplyCode code, std::string_view why) {
    if (reply == http::ReplyCode::kNone) {
      reply = code;
      reason = why;
    }
  }
  // Ends `timing` and begins the next phase: now by the clock, where a phase computes within a
  // turn, or at the time of this turn, where it ended by what the turn brought.
  void enter(Phase next, audit::Timing timing);
  void enter(Phase next, audit::Timing timing, Instant now);
};

}  // namespace zerq::proxy
