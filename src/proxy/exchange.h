// SPDX-License-Identifier: Apache-2.0
// Exchange: one request/response pair (rung: Exchange, inside a ClientConnection). `run` is the
// table of contents of a request: each phase is a line of it. Its destructor writes the record of
// an exchange that was torn down.
#pragma once

#include <optional>

#include "base/task.h"
#include "io/signal.h"
#include "io/timer_wheel.h"
#include "proxy/exchange_state.h"
#include "proxy/forwarder.h"

namespace zerq::proxy {

class Exchange {
 public:
  // `is_half_closed`: the FIN was seen in an earlier exchange of the connection.
  Exchange(DataShard& shard, io::Transport& client, IpAddress peer, auth::TokenMemo& token_memo,
           bool is_half_closed);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Precondition: the client's inbox holds the first bytes of a request.
  Task<void> run();

  // The peer closed its sending side (kEof) or is gone (kReset). Called by the loop.
  void on_peer_close(ErrorCode how) noexcept;

  bool keeps_connection() const { return !state_.must_close && !state_.client_left; }
  // Unread request bytes may be under way: closing at once would destroy the answer in transit.
  bool must_linger() const {
    return !state_.must_reset && (state_.body_unread || state_.reply != http::ReplyCode::kNone);
  }
  bool client_left() const { return state_.client_left; }

 private:
  Task<bool> read_head();
  bool find_route();
  bool admit();
  bool check_body_length();
  Task<void> answer_locally();
  Task<void> forward();
  Task<void> reply_error();
  Task<void> send_final(io::BufferChain chain);
  void leave(std::string_view why);
  void start_half_close_limit();
  void begin_record();
  static void on_half_close_timer(io::Timer& timer) noexcept;
  static void on_open_timer(io::Timer& timer) noexcept;

  ExchangeState state_;
  io::Signal journal_room_;
  struct HalfCloseTimer : io::Timer {
    explicit HalfCloseTimer(Exchange& owner) : Timer(&on_half_close_timer), exchange(owner) {}
    Exchange& exchange;
  } half_close_timer_;
  struct OpenTimer : io::Timer {
    explicit OpenTimer(Exchange& owner) : Timer(&on_open_timer), exchange(owner) {}
    Exchange& exchange;
  } open_timer_;
  std::optional<Forwarder> forwarder_;
};

}  // namespace zerq::proxy
