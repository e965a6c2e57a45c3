// SPDX-License-Identifier: Apache-2.0
#include "proxy/relay.h"

#include <algorithm>
#include <cstring>

#include "http/h1_writer.h"
#include "io/event_loop.h"
#include "proxy/exchange_end.h"
#include "proxy/head_rewrite.h"
#include "proxy/snapshot.h"

namespace zerq::proxy {
namespace {

constexpr size_t kReceiveBytes = 64 * 1024;
// The first receive of a body: most bodies are small, and a large one grows from here.
constexpr size_t kFirstReceiveBytes = 16 * 1024;

class ChainSink final : public http::ByteSink {
 public:
  explicit ChainSink(io::BufferChain& chain) : chain_(chain) {}
  void write(std::string_view bytes) override { chain_.append(bytes); }

 private:
  io::BufferChain& chain_;
};

// Appends one piece in the framing of its new connection.
void append_piece(http::Framing framing, BodySource::Piece& piece, const http::HeaderList& trailers,
                  io::BufferChain& out) {
  ChainSink sink(out);
  if (!piece.payload.is_empty()) {
    const bool is_chunked = framing == http::Framing::kChunked;
    if (is_chunked) {
      http::write_chunk_size(sink, piece.payload.size());
    }
    out.append(std::move(piece.payload));
    if (is_chunked) {
      out.append("\r\n");
    }
  }
  if (piece.is_last && framing == http::Framing::kChunked) {
    http::write_last_chunk(sink, &trailers);
  }
}

}  // namespace

void append_replayed_body(http::Framing framing, const io::IoBuffer& sent, bool is_whole,
                          const http::HeaderList& trailers, io::BufferChain& out) {
  ChainSink sink(out);
  if (framing != http::Framing::kChunked) {
    out.append(sent.text());
    return;
  }
  if (!sent.is_empty()) {
    http::write_chunk_size(sink, sent.size());
    out.append(sent.text());
    out.append("\r\n");
  }
  if (is_whole) {
    http::write_last_chunk(sink, &trailers);
  }
}

Task<Result<BodySource::Piece>> BodySource::next(Instant deadline) {
  size_t hint = decoder_.bytes_decoded() == 0 ? kFirstReceiveBytes : kReceiveBytes;
  if (decoder_.framing() == http::Framing::kContentLength) {
    hint = static_cast<size_t>(std::min<uint64_t>(
        decoder_.bytes_left(), decoder_.bytes_left() > kFirstReceiveBytes ? kReceiveBytes : hint));
  }
  Result<io::IoBuffer> received = co_await from_.receive_body(hint, deadline);
  if (!received.has_value()) {
    if (received.error().code == ErrorCode::kEof && decoder_.ends_well_at_eof()) {
      Piece last;
      last.is_last = true;
      co_return last;
    }
    co_return fail(received.error());
  }
  co_return strip_framing(*std::move(received));
}

// Pieces between chunk framing are moved together at the front of the buffer they came in.
BodySource::Piece BodySource::strip_framing(io::IoBuffer buffer) {
  Piece piece;
  const std::string_view received = buffer.text();
  char* const begin = reinterpret_cast<char*>(buffer.filled().data());
  char* to = begin;
  size_t at = 0;
  while (at < received.size()) {
    const http::BodyDecoder::Step step = decoder_.next(received.substr(at));
    at += step.consumed;
    if (step.state == http::BodyDecoder::Step::State::kPiece) {
      if (step.piece.data() != to) {
        std::memmove(to, step.piece.data(), step.piece.size());
      }
      to += step.piece.size();
    } else if (step.state == http::BodyDecoder::Step::State::kRefused) {
      piece.refused = step.reason;
      return piece;
    } else if (step.state == http::BodyDecoder::Step::State::kNeedMore || step.consumed == 0) {
      break;
    }
    if (decoder_.is_done()) {
      break;
    }
  }
  piece.is_last = decoder_.is_done();
  if (at < received.size()) {
    from_.put_back(
        received.substr(at));  // A pipelined request, or an upstream that talks too much.
  }
  buffer.truncate(static_cast<size_t>(to - begin));
  piece.payload = std::move(buffer);
  return piece;
}

std::optional<std::string_view> BodySource::peek_whole() const {
  const std::string_view inbox = from_.inbox();
  if (decoder_.framing() != http::Framing::kContentLength || inbox.size() < decoder_.bytes_left()) {
    return std::nullopt;
  }
  return inbox.substr(0, static_cast<size_t>(decoder_.bytes_left()));
}

void BodySource::consume_whole() {
  const std::string_view body = *peek_whole();
  const size_t bytes = body.size();
  decoder_.next(body);
  from_.consume(bytes);
}

RequestUpload::RequestUpload(ExchangeState& state, BodySource& source, io::Transport& upstream,
                             io::IoBuffer* replay)
    : state_(state),
      source_(source),
      upstream_(upstream),
      replay_(replay),
      ended_(state.shard.loop()) {}

void RequestUpload::start() {
  task_ = run();
  task_.start();
}

void RequestUpload::cancel() noexcept {
  is_cancelled_ = true;
  if (!is_ended()) {
    state_.client.cancel();
    upstream_.cancel();
  }
}

Duration RequestUpload::waited_for_client(Instant now) const {
  return waiting_since_ == Instant::never() ? waited_ : waited_ + (now - waiting_since_);
}

Task<void> RequestUpload::run() {
  const PeerTimeouts& timeouts = state_.snapshot->settings.peer;
  while (!is_complete_ && !is_cancelled_) {
    waiting_since_ = state_.shard.loop().now();
    Result<BodySource::Piece> piece = co_await source_.next(waiting_since_ + timeouts.body_idle);
    const Instant now = state_.shard.loop().now();
    waited_ += now - waiting_since_;
    waiting_since_ = Instant::never();
    state_.bytes_in = source_.bytes_decoded();
    if (is_cancelled_) {
      // It came in the turn of the cancel: the next attempt must not miss it.
      if (piece.has_value() && piece->refused.empty()) {
        keep_for_replay(piece->payload.text());
      } else if (piece.has_value() && replay_ != nullptr) {
        replay_->reset();  // Nothing can follow what is malformed.
      }
      break;
    }
    if (!piece.has_value()) {
      fail_on_client(piece.error());
      break;
    }
    if (!piece->refused.empty()) {
      state_.refuse(http::ReplyCode::kMalformedRequest, piece->refused);
      failed_on_client_ = true;
    } else if (source_.bytes_decoded() > state_.body_bytes_max) {
      state_.refuse(http::ReplyCode::kBodyTooLarge, "body_bytes_max");
      failed_on_client_ = true;
    } else if (!piece->is_last && is_too_slow(now)) {
      state_.refuse(http::ReplyCode::kRequestTimeout, "body_too_slow");
      failed_on_client_ = true;
    }
    if (failed_on_client_ || !co_await send_piece(*piece)) {
      break;
    }
    is_complete_ = piece->is_last;
  }
  state_.body_unread = !source_.is_done();
  if (source_.is_done() && !is_cancelled_) {
    state_.client.watch_peer();
  }
  if (failed_on_client_) {
    upstream_.cancel();  // Whoever waits for the response learns that none can come.
  }
  ended_.notify();
}

void RequestUpload::keep_for_replay(std::string_view bytes) {
  if (replay_ == nullptr || !replay_->is_valid()) {
    return;
  }
  if (replay_->append(bytes) != bytes.size()) {
    replay_->reset();
  }
}

Task<bool> RequestUpload::send_piece(BodySource::Piece& piece) {
  keep_for_replay(piece.payload.text());
  io::BufferChain chain(state_.shard.loop().buffers());
  append_piece(state_.head.framing, piece, source_.trailers(), chain);
  if (chain.is_empty()) {
    co_return true;
  }
  const Result<> sent = co_await upstream_.send(std::move(chain), state_.route->timeouts.idle);
  // An upstream that stops reading may have answered already; the response side decides.
  co_return sent.has_value();
}

void RequestUpload::fail_on_client(Error error) {
  failed_on_client_ = true;
  if (error.code == ErrorCode::kTimedOut) {
    state_.refuse(http::ReplyCode::kRequestTimeout, "body_idle");
    return;
  }
  state_.client_left = true;
  state_.refuse(http::ReplyCode::kClientAborted, "left_in_request_body");
}

// Mean rate over windows of 30 s of waiting (semantics §1, peer.min_body_bytes_per_s).
bool RequestUpload::is_too_slow(Instant now) {
  constexpr Duration kWindow = std::chrono::seconds(30);
  const Duration waited = waited_for_client(now) - window_began_at_;
  if (waited < kWindow) {
    return false;
  }
  const uint64_t bytes = source_.bytes_decoded() - window_began_bytes_;
  window_began_at_ += waited;
  window_began_bytes_ = source_.bytes_decoded();
  const auto seconds = static_cast<uint64_t>(waited / std::chrono::seconds(1));
  return bytes < seconds * state_.snapshot->settings.peer.min_body_bytes_per_s;
}

namespace {

// How the answer's body goes to this caller.
BodyFraming client_framing(const ExchangeState& state, const http::ResponseHead& response) {
  switch (response.framing) {
    case http::Framing::kNone: return {};
    case http::Framing::kContentLength:
      return {http::Framing::kContentLength, response.content_length};
    case http::Framing::kChunked:
    case http::Framing::kUntilClose: break;
  }
  return {state.head.version == http::Version::kHttp10 ? http::Framing::kUntilClose
                                                       : http::Framing::kChunked,
          0};
}

bool has_more_now(const io::Transport& upstream, const io::BufferChain& chain) {
  return chain.size() < kReceiveBytes && !upstream.inbox().empty();
}

RelayEnd client_gone(ExchangeState& state) {
  state.client_left = true;
  state.refuse(http::ReplyCode::kClientAborted, "left_during_response");
  return RelayEnd::kClientEnd;
}

RelayEnd upstream_gone(ExchangeState& state, std::string_view why) {
  state.refuse(http::ReplyCode::kUpstreamTruncated, why);
  state.client.set_reset_on_close();
  state.must_reset = true;
  state.must_close = true;
  return RelayEnd::kUpstreamEnd;
}

}  // namespace

Task<RelayEnd> relay_response(ExchangeState& state, io::Transport& upstream,
                              const http::ResponseHead& response) {
  const BodyFraming framing = client_framing(state, response);
  state.must_close = state.must_close || framing.framing == http::Framing::kUntilClose;
  state.status = response.status;
  state.response_started = true;
  io::BufferChain chain(state.shard.loop().buffers());
  write_client_head(state, response, framing, chain);
  BodySource source(upstream, response.framing, response.content_length,
                    state.snapshot->settings.body_limits, state.arena);
  bool is_last = response.framing == http::Framing::kNone;
  if (const auto whole = source.peek_whole()) {
    chain.append(*whole);
    state.bytes_out += whole->size();
    source.consume_whole();
    is_last = true;
  }
  while (true) {
    if (!is_last && state.reply != http::ReplyCode::kNone) {
      co_return upstream_gone(state, {});  // The upload failed, for the reason that stands there.
    }
    // What is here already leaves together with the head, in one send.
    if (!is_last && (chain.is_empty() || has_more_now(upstream, chain))) {
      Result<BodySource::Piece> piece =
          co_await source.next(state.shard.loop().now() + state.route->timeouts.idle);
      if (state.client_left) {
        co_return client_gone(state);
      }
      if (!piece.has_value() || !piece->refused.empty()) {
        co_return upstream_gone(
            state, piece.has_value() ? piece->refused : error_code_name(piece.error().code));
      }
      is_last = piece->is_last;
      state.bytes_out += piece->payload.size();
      append_piece(framing.framing, *piece, source.trailers(), chain);
      continue;
    }
    if (is_last) {
      append_record(state);  // Before the final send, so that the record survives a crash in it.
    }
    if (!chain.is_empty()) {
      const Result<> sent =
          co_await state.client.send(std::move(chain), state.snapshot->settings.peer.write_idle);
      chain.clear();  // Moved from: empty, and ready for what comes next.
      if (!sent.has_value()) {
        co_return client_gone(state);
      }
    }
    if (is_last) {
      co_return RelayEnd::kComplete;
    }
  }
}

}  // namespace zerq::proxy
