// SPDX-License-Identifier: Apache-2.0
#include "proxy/forwarder.h"

#include <algorithm>

#include "http/client_codec.h"
#include "http/h1_writer.h"
#include "io/event_loop.h"
#include "proxy/exchange_end.h"
#include "proxy/head_rewrite.h"
#include "proxy/snapshot.h"

namespace zerq::proxy {
namespace {

// Semantics §6, Replay: a body up to this size may be sent again.
constexpr size_t kReplayBytesMax = 64 * 1024;

http::ReplyCode connect_reply(ErrorCode code) {
  switch (code) {
    case ErrorCode::kTimedOut: return http::ReplyCode::kUpstreamTimeout;
    case ErrorCode::kForbidden: return http::ReplyCode::kUpstreamForbidden;
    case ErrorCode::kExhausted: return http::ReplyCode::kOverloaded;
    default: return http::ReplyCode::kUpstreamUnreachable;
  }
}

}  // namespace

Forwarder::Forwarder(ExchangeState& state) : state_(state), ticket_(state.shard.loop()) {}

Task<void> Forwarder::run() {
  prepare_body();
  if (!is_body_sound_so_far()) {
    co_return;
  }
  while (true) {
    if (!co_await borrow()) {
      co_return;
    }
    append_begin(state_);
    if (co_await attempt() == Attempt::kDone) {
      co_return;
    }
  }
}

void Forwarder::cancel() noexcept {
  ticket_.cancel();
  if (upload_.has_value()) {
    upload_->cancel();
  }
  if (lease_.is_valid()) {
    lease_.transport().cancel();
  }
}

void Forwarder::prepare_body() {
  const http::RequestHead& head = state_.head;
  if (head.framing == http::Framing::kNone) {
    return;
  }
  state_.body_unread = true;
  body_.emplace(state_.client, head.framing, head.content_length,
                state_.snapshot->settings.body_limits, state_.arena);
  if (const auto whole = body_->peek_whole()) {
    whole_body_ = state_.arena.copy(*whole);
    body_->consume_whole();
    state_.bytes_in = whole_body_->size();
    state_.body_unread = false;
  }
}

// What is malformed or too large already is refused before anything of the request reaches an
// upstream.
bool Forwarder::is_body_sound_so_far() {
  if (state_.head.framing != http::Framing::kChunked) {
    return true;
  }
  http::BodyDecoder decoder(state_.head.framing, 0, state_.snapshot->settings.body_limits,
                            state_.arena);
  std::string_view rest = state_.client.inbox();
  while (!rest.empty() && !decoder.is_done()) {
    const http::BodyDecoder::Step step = decoder.next(rest);
    if (step.state == http::BodyDecoder::Step::State::kRefused) {
      state_.refuse(http::ReplyCode::kMalformedRequest, step.reason);
      return false;
    }
    if (step.state == http::BodyDecoder::Step::State::kNeedMore) {
      break;
    }
    rest.remove_prefix(step.consumed);
    if (decoder.bytes_decoded() > state_.body_bytes_max) {
      state_.refuse(http::ReplyCode::kBodyTooLarge, "body_bytes_max");
      return false;
    }
  }
  return true;
}

Task<bool> Forwarder::borrow() {
  const RouteRuntime& route = *state_.route;
  upstream::UpstreamPool& pool = state_.shard.pool();
  ++state_.upstream_attempts;
  const bool must_be_fresh = state_.upstream_attempts > 1;
  if (!must_be_fresh) {
    lease_ = pool.try_borrow_idle(*route.target);
  }
  if (!lease_.is_valid()) {
    Result<upstream::UpstreamLease> borrowed = co_await pool.borrow(
        *route.target, ticket_, state_.shard.loop().now() + route.timeouts.connect);
    if (!borrowed.has_value()) {
      if (state_.client_left) {
        state_.refuse(http::ReplyCode::kClientAborted, "left_before_response");
      }
      state_.refuse(connect_reply(borrowed.error().code), borrowed.error().detail);
      state_.upstream_address = state_.arena.copy(route.target->address_text());
      co_return false;
    }
    lease_ = *std::move(borrowed);
  }
  state_.upstream_address = state_.arena.copy(lease_.address_text());
  state_.upstream_reused = lease_.was_reused();
  state_.enter(Phase::kTtfb, audit::Timing::kConnect, state_.shard.loop().now());
  co_return true;
}

Task<Forwarder::Attempt> Forwarder::attempt() {
  if (!co_await send_request()) {
    co_return fail_attempt(
        {.code = ErrorCode::kReset, .source = ErrorSource::kUpstream, .detail = "send_failed"});
  }
  http::ResponseHead response(state_.arena);
  const Result<> arrived = co_await wait_response_head(response);
  if (!arrived.has_value()) {
    co_await end_upload();
    co_return fail_attempt(arrived.error());
  }
  replay_.reset();  // What is being answered is not sent again.
  state_.upstream_status = response.status;
  state_.enter(Phase::kBody, audit::Timing::kTtfb, state_.shard.loop().now());
  if (upload_.has_value() && !upload_->is_complete()) {
    // Answered before the request was whole: what is still to come has nowhere to go.
    state_.must_close = true;
  }
  const RelayEnd end = co_await relay_response(state_, lease_.transport(), response);
  const bool is_request_whole = !upload_.has_value() || upload_->is_complete();
  co_await end_upload();
  if (end == RelayEnd::kComplete && is_request_whole && response.keep_alive &&
      response.framing != http::Framing::kUntilClose) {
    lease_.finish_reusable();
  }
  lease_ = {};
  co_return Attempt::kDone;
}

Task<bool> Forwarder::send_request() {
  const http::RequestHead& head = state_.head;
  BodyFraming framing;
  if (head.framing != http::Framing::kNone) {
    framing = {head.framing, head.content_length};
  } else if (head.method == http::Method::kPost || head.method == http::Method::kPut ||
             head.method == http::Method::kPatch) {
    framing = {http::Framing::kContentLength, 0};  // RFC 9110 §8.6: these methods expect a body.
  }
  io::BufferChain chain(state_.shard.loop().buffers());
  write_upstream_head(state_, framing, chain);
  if (whole_body_.has_value()) {
    chain.append(*whole_body_);
  }
  if (is_replay_) {
    append_replayed_body(head.framing, replay_, body_->is_done(), body_->trailers(), chain);
  }
  first_sent_ = std::min(first_sent_, state_.shard.loop().now());
  const Result<> sent =
      co_await lease_.transport().send(std::move(chain), state_.route->timeouts.idle);
  if (!sent.has_value()) {
    co_return false;
  }
  if (body_.has_value() && !whole_body_.has_value() && !(is_replay_ && body_->is_done())) {
    if (head.expects_continue && !is_replay_) {
      io::BufferChain go_on(state_.shard.loop().buffers());
      go_on.append("HTTP/1.1 100 Continue\r\n\r\n");
      const Result<> told =
          co_await state_.client.send(std::move(go_on), state_.snapshot->settings.peer.write_idle);
      if (!told.has_value()) {
        state_.client_left = true;
        co_return false;
      }
    }
    start_upload();
  }
  co_return true;
}

// Only a connection that was used before is worth a second attempt, so only there bytes are kept.
void Forwarder::start_upload() {
  const bool may_be_stale = lease_.was_reused() && is_repeatable();
  if (may_be_stale) {
    const http::RequestHead& head = state_.head;
    const uint64_t bytes =
        head.framing == http::Framing::kContentLength ? head.content_length : kReplayBytesMax;
    if (bytes <= kReplayBytesMax) {
      replay_ = state_.shard.loop().buffers().take(static_cast<size_t>(bytes));
    }
  }
  upload_.emplace(state_, *body_, lease_.transport(), may_be_stale ? &replay_ : nullptr);
  upload_->start();
}

// request_ms counts from the first byte forwarded, without the time spent waiting for the
// caller's own body (semantics §6).
Task<Result<>> Forwarder::wait_response_head(http::ResponseHead& head) {
  io::Transport& from = lease_.transport();
  size_t scanned = 0;
  while (true) {
    if (!from.inbox().empty()) {
      response_bytes_seen_ = true;
      const http::HeadParse parse =
          http::parse_response_head(from.inbox(), scanned, state_.snapshot->settings.upstream_head,
                                    state_.head.method, state_.arena, head);
      if (parse.state == http::HeadParse::State::kRefused) {
        co_return fail(ErrorCode::kMalformed, parse.reason);
      }
      if (parse.state == http::HeadParse::State::kComplete) {
        from.consume(parse.consumed);
        if (head.status >= 200) {
          co_return Result<>{};
        }
        CO_TRY(co_await relay_informational(head));
        head = http::ResponseHead(state_.arena);
        scanned = 0;
        continue;
      }
    }
    // What ended before this wait began cannot cancel it.
    if (state_.client_left || (upload_.has_value() && upload_->failed_on_client())) {
      co_return fail(ErrorCode::kCancelled);
    }
    const Instant now = state_.shard.loop().now();
    const Duration excused =
        upload_.has_value() ? excused_ + upload_->waited_for_client(now) : excused_;
    const Instant deadline = first_sent_ + state_.route->timeouts.request + excused;
    if (deadline <= now) {
      co_return fail(ErrorCode::kTimedOut, "no_response_head");
    }
    const Result<> more = co_await from.wait_inbox(deadline);
    if (!more.has_value() && more.error().code != ErrorCode::kTimedOut) {
      co_return fail(more.error());
    }
  }
}

// 100 is answered by us when the body is wanted; other 1xx pass (RFC 9110 §15.2). 101 would open a
// tunnel that nobody asked for: Upgrade is never forwarded.
Task<Result<>> Forwarder::relay_informational(const http::ResponseHead& head) {
  if (head.status == 101) {
    co_return fail(ErrorCode::kMalformed, "unexpected_101");
  }
  if (head.status == 100 || state_.head.version == http::Version::kHttp10) {
    co_return Result<>{};
  }
  io::BufferChain chain(state_.shard.loop().buffers());
  write_client_head(state_, head, {}, chain);
  const Result<> sent =
      co_await state_.client.send(std::move(chain), state_.snapshot->settings.peer.write_idle);
  if (!sent.has_value()) {
    state_.client_left = true;
    co_return fail(ErrorCode::kCancelled, "client_left");
  }
  co_return Result<>{};
}

Task<void> Forwarder::end_upload() {
  if (!upload_.has_value() || upload_->is_ended()) {
    co_return;
  }
  upload_->cancel();
  // cancel() completes the wait that the upload is in, so this ends within the turn.
  const Result<> ended = co_await upload_->ended(Instant::never());
  static_cast<void>(ended);
}

Forwarder::Attempt Forwarder::fail_attempt(Error error) {
  const bool may_try_again = lease_.was_reused() && may_replay();
  lease_ = {};
  if (state_.client_left) {
    state_.refuse(http::ReplyCode::kClientAborted, "left_before_response");
    return Attempt::kDone;
  }
  if (upload_.has_value() && upload_->failed_on_client()) {
    return Attempt::kDone;  // The upload has said why.
  }
  switch (error.code) {
    case ErrorCode::kTimedOut:
      state_.refuse(http::ReplyCode::kUpstreamTimeout, error.detail);
      break;
    case ErrorCode::kMalformed:
    case ErrorCode::kTooLarge:
      state_.refuse(http::ReplyCode::kUpstreamInvalid, error.detail);
      break;
    default:
      if (may_try_again) {
        if (upload_.has_value()) {
          is_replay_ = true;
          excused_ += upload_->waited_for_client(state_.shard.loop().now());
          upload_.reset();
        }
        return Attempt::kAgain;
      }
      state_.refuse(http::ReplyCode::kUpstreamUnreachable,
                    response_bytes_seen_ ? "closed_in_response_head" : "closed_before_response");
      break;
  }
  return Attempt::kDone;
}

// A connection that the upstream closed while it was idle looks like a failed request. It is sent
// again when nothing came back and a second delivery is harmless (semantics §6, Replay).
bool Forwarder::may_replay() const {
  if (response_bytes_seen_ || state_.response_started ||
      (upload_.has_value() && !replay_.is_valid())) {
    return false;
  }
  return is_repeatable();
}

// RFC 9110 §9.2.2, and a caller that says how a second delivery is told from a second request.
bool Forwarder::is_repeatable() const {
  return http::is_idempotent(state_.head.method) ||
         state_.head.headers.find(http::KnownHeader::kIdempotencyKey) != nullptr;
}

}  // namespace zerq::proxy
