// SPDX-License-Identifier: Apache-2.0
#include "proxy/exchange.h"

#include "audit/lane.h"
#include "filters/client_address.h"
#include "filters/pipeline.h"
#include "http/server_codec.h"
#include "io/event_loop.h"
#include "proxy/error_reply.h"
#include "proxy/exchange_end.h"
#include "proxy/local_answer.h"
#include "proxy/request_path.h"
#include "proxy/snapshot.h"

namespace zerq::proxy {
namespace {

constexpr Duration kOpenRecordAfter = std::chrono::seconds(10);

}  // namespace

Exchange::Exchange(DataShard& shard, io::Transport& client, IpAddress peer,
                   auth::TokenMemo& token_memo, bool is_half_closed)
    : state_(shard, client, peer, token_memo),
      journal_room_(shard.loop()),
      half_close_timer_(*this),
      open_timer_(*this) {
  state_.client_half_closed = is_half_closed;
}

Exchange::~Exchange() {
  if (!state_.is_recorded && state_.started.ns != 0) {
    state_.client_left = true;
    state_.refuse(http::ReplyCode::kClientAborted, "torn_down");
    append_record(state_);
  }
}

Task<void> Exchange::run() {
  begin_record();
  if (!co_await read_head()) {
    co_return co_await reply_error();
  }
  state_.client.watch_peer();  // From here on its leaving is seen although nobody waits for bytes.
  if (!state_.client.is_open()) {
    leave("left_before_response");  // It was gone before anybody watched.
    co_return co_await reply_error();
  }
  if (state_.client_half_closed) {
    start_half_close_limit();
  }
  if (is_answered_locally(state_)) {
    co_return co_await answer_locally();
  }
  if (!find_route()) {
    co_return co_await reply_error();
  }
  if (state_.is_preflight) {
    co_return co_await answer_locally();  // Before identity: a browser sends none with it.
  }
  if (!admit() || !check_body_length()) {
    co_return co_await reply_error();
  }
  co_await forward();
  if (!state_.response_started) {
    co_await reply_error();
  }
  append_record(state_);
}

void Exchange::begin_record() {
  io::EventLoop& loop = state_.shard.loop();
  state_.started = state_.phase_began = loop.now();
  state_.wall_started = loop.wall_now();
  state_.snapshot = state_.shard.pin_snapshot();
  state_.request_id =
      state_.shard.make_request_id(state_.wall_started, state_.request_uuid, state_.arena);
}

Task<bool> Exchange::read_head() {
  const SnapshotSettings& settings = state_.snapshot->settings;
  const Instant deadline = state_.shard.loop().now() + settings.peer.head;
  size_t scanned = 0;
  while (true) {
    const http::HeadParse parse = http::parse_request_head(
        state_.client.inbox(), scanned, settings.head_limits, state_.arena, state_.head);
    if (parse.state == http::HeadParse::State::kComplete) {
      state_.client.consume(parse.consumed);
      state_.must_close = !state_.head.keep_alive || state_.shard.is_draining();
      co_return true;
    }
    if (parse.state == http::HeadParse::State::kRefused) {
      state_.must_close = true;
      state_.refuse(parse.reply, parse.reason);
      co_return false;
    }
    const Result<> more = co_await state_.client.wait_inbox(deadline);
    if (!more.has_value()) {
      state_.must_close = true;
      if (more.error().code == ErrorCode::kTimedOut) {
        state_.refuse(http::ReplyCode::kRequestTimeout, "head_too_slow");
        // Its bytes are of no use any more, and their memory is what the answer needs: a thousand
        // such peers time out in the same moment.
        state_.client.consume(state_.client.inbox().size());
      } else {
        leave("left_in_request_head");
      }
      co_return false;
    }
  }
}

bool Exchange::find_route() {
  state_.enter(Phase::kRoute, audit::Timing::kReadHead, state_.shard.loop().now());
  const Snapshot& snapshot = *state_.snapshot;
  const filters::ClientAddress address = filters::find_client_address(
      state_.peer_ip, state_.head.headers, snapshot.settings.trusted_proxies);
  state_.client_ip = address.client_ip;
  state_.peer_is_trusted = address.peer_is_trusted;
  if (state_.peer_is_trusted) {
    keep_foreign_request_id(state_);
  }
  if (!canonicalise_target(state_) || !match_route(state_)) {
    return false;
  }
  if (snapshot.settings.denied_ips.contains(state_.client_ip)) {
    state_.refuse(http::ReplyCode::kAccessDenied, "denied_ip");
    return false;
  }
  return true;
}

bool Exchange::admit() {
  state_.enter(Phase::kAuth, audit::Timing::kRoute);
  const Snapshot& snapshot = *state_.snapshot;
  io::EventLoop& loop = state_.shard.loop();
  const filters::FilterRequest request{.head = state_.head,
                                       .arena = state_.arena,
                                       .rules = state_.route->rules,
                                       .path_params = state_.match.params,
                                       .callers = snapshot.callers,
                                       .cache = state_.shard.caller_cache(),
                                       .token_memo = state_.token_memo,
                                       .clock = loop.clock(),
                                       .client_ip = state_.client_ip,
                                       .now = loop.now(),
                                       .wall_now = state_.wall_started,
                                       .admission = state_.admission};
  const filters::FilterResult result = filters::run_pipeline(request);
  state_.enter(Phase::kConnect, audit::Timing::kAuth);
  if (result.is_reply()) {
    state_.refuse(result.reply, result.reason);
    return false;
  }
  return true;
}

bool Exchange::check_body_length() {
  state_.body_bytes_max =
      state_.route->body_bytes_max.value_or(state_.snapshot->settings.body_bytes_max);
  if (state_.head.framing == http::Framing::kContentLength &&
      state_.head.content_length > state_.body_bytes_max) {
    state_.refuse(http::ReplyCode::kBodyTooLarge, "content_length");
    return false;
  }
  return true;
}

Task<void> Exchange::forward() {
  if (!state_.shard.lane().has_room() && !co_await wait_for_journal(state_, journal_room_)) {
    co_return;
  }
  io::EventLoop& loop = state_.shard.loop();
  loop.timers().arm(open_timer_, loop.now() + kOpenRecordAfter);
  forwarder_.emplace(state_);
  co_await forwarder_->run();
  forwarder_.reset();
  open_timer_.disarm();
}

Task<void> Exchange::answer_locally() {
  io::BufferChain chain(state_.shard.loop().buffers());
  write_local_answer(state_, chain);
  co_await send_final(std::move(chain));
}

Task<void> Exchange::reply_error() {
  if (state_.head.framing != http::Framing::kNone && state_.bytes_in == 0) {
    state_.body_unread = true;
  }
  if (state_.client_left) {
    append_record(state_);
    co_return;
  }
  io::BufferChain chain(state_.shard.loop().buffers());
  write_error_reply(state_, chain);
  co_await send_final(std::move(chain));
}

Task<void> Exchange::send_final(io::BufferChain chain) {
  if (!state_.has_begin && !state_.shard.lane().has_room()) {
    co_await wait_for_journal(state_, journal_room_);
  }
  state_.response_started = true;
  append_record(state_);
  const Result<> sent =
      co_await state_.client.send(std::move(chain), state_.snapshot->settings.peer.write_idle);
  if (!sent.has_value()) {
    state_.client_left = true;
  }
}

void Exchange::leave(std::string_view why) {
  state_.client_left = true;
  state_.must_close = true;
  state_.refuse(http::ReplyCode::kClientAborted, why);
  journal_room_.cancel();
  if (forwarder_.has_value()) {
    forwarder_->cancel();
  }
}

void Exchange::on_peer_close(ErrorCode how) noexcept {
  if (how != ErrorCode::kEof) {
    leave("left_before_response");
    return;
  }
  // RFC 9112 §9.6: a FIN behind a complete request is a half-close; the answer may still arrive.
  state_.client_half_closed = true;
  if (!state_.response_started) {
    start_half_close_limit();
  }
}

void Exchange::start_half_close_limit() {
  io::EventLoop& loop = state_.shard.loop();
  loop.timers().arm(half_close_timer_, loop.now() + state_.snapshot->settings.peer.half_close);
}

void Exchange::on_open_timer(io::Timer& timer) noexcept {
  append_open_record(static_cast<OpenTimer&>(timer).exchange.state_);
}

void Exchange::on_half_close_timer(io::Timer& timer) noexcept {
  Exchange& exchange = static_cast<HalfCloseTimer&>(timer).exchange;
  if (!exchange.state_.response_started) {
    exchange.leave("half_closed");
  }
}

}  // namespace zerq::proxy
