// SPDX-License-Identifier: Apache-2.0
// Forwards one admitted request: chooses the target, borrows a connection, sends, waits for the
// head of the response, retries where that is safe (semantics §6, Replay), and relays. Rung:
// Exchange. It answers nothing itself: on failure state.reply says what the exchange shall answer.
#pragma once

#include <optional>
#include <string_view>

#include "base/task.h"
#include "io/signal.h"
#include "proxy/exchange_state.h"
#include "proxy/relay.h"
#include "upstream/upstream_pool.h"

namespace zerq::proxy {

class Forwarder {
 public:
  explicit Forwarder(ExchangeState& state);

  // Ends with the response relayed (state.response_started) or with state.reply set.
  Task<void> run();
  // The caller left: every wait of the forwarder completes with an error in this turn.
  void cancel() noexcept;

 private:
  // What an attempt came to.
  enum class Attempt : uint8_t { kDone, kAgain };

  Task<bool> borrow();
  Task<Attempt> attempt();
  Task<bool> send_request();
  Task<Result<>> wait_response_head(http::ResponseHead& head);
  Task<Result<>> relay_informational(const http::ResponseHead& head);
  Task<void> end_upload();
  void start_upload();
  Attempt fail_attempt(Error error);
  bool may_replay() const;
  bool is_repeatable() const;
  void prepare_body();
  bool is_body_sound_so_far();

  ExchangeState& state_;
  upstream::BorrowTicket ticket_;
  upstream::UpstreamLease lease_;
  std::optional<BodySource> body_;            // Of the request, where there is one.
  std::optional<std::string_view> whole_body_;  // All of it, in the arena: may be sent again.
  std::optional<RequestUpload> upload_;
  io::IoBuffer replay_;         // What the upload took, while all of it may be sent again.
  bool is_replay_ = false;      // This attempt begins with what an earlier one took.
  Duration excused_{};          // Spent by earlier uploads in waiting for the caller.
  Instant first_sent_ = Instant::never();
  bool response_bytes_seen_ = false;
};

}  // namespace zerq::proxy
