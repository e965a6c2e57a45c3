// SPDX-License-Identifier: Apache-2.0
// Bodies in both directions, with back-pressure: a piece is received only after the one before it
// was taken by the other side. Framing is removed and made again; buffers move, bytes are not
// copied. The final send of an answer (the bytes that end the message) is held back until its
// record is in the journal (semantics §9). Rung: Exchange.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/task.h"
#include "http/body_decoder.h"
#include "io/signal.h"
#include "io/transport.h"
#include "proxy/exchange_state.h"

namespace zerq::proxy {

// Body bytes of one direction, taken from a transport without their framing.
class BodySource {
 public:
  BodySource(io::Transport& from, http::Framing framing, uint64_t content_length,
             const http::BodyLimits& limits, Arena& arena)
      : from_(from), decoder_(framing, content_length, limits, arena) {}

  struct Piece {
    io::IoBuffer payload;      // May be empty (only framing came).
    bool is_last = false;      // The message is complete.
    std::string_view refused;  // The framing is malformed: why.
  };
  // kEof where the message may not end: the sender was cut off.
  Task<Result<Piece>> next(Instant deadline);

  // The whole body, if its length is known and all of it is in the inbox already. Valid until
  // consume_whole(), which counts it as decoded.
  std::optional<std::string_view> peek_whole() const;
  void consume_whole();

  bool is_done() const { return decoder_.is_done(); }
  uint64_t bytes_decoded() const { return decoder_.bytes_decoded(); }
  const http::HeaderList& trailers() const { return decoder_.trailers(); }

 private:
  Piece strip_framing(io::IoBuffer buffer);

  io::Transport& from_;
  http::BodyDecoder decoder_;
};

// The request body on its way up, beside the wait for the response. Owned by the Forwarder, which
// outlives it; cancel() makes it end soon.
class RequestUpload {
 public:
  // Body bytes on their way up are also copied to `replay` while they fit there; one that does not
  // fit invalidates it. Null: nothing is kept.
  RequestUpload(ExchangeState& state, BodySource& source, io::Transport& upstream,
                io::IoBuffer* replay);

  void start();
  // Completes the wait that the upload is in; it ends without touching the upstream again.
  void cancel() noexcept;
  bool is_ended() const { return task_.is_done(); }
  // The whole body was handed to the upstream.
  bool is_complete() const { return is_complete_; }
  // It ended since the caller's side failed: left, too slow, malformed (state.reply says which).
  bool failed_on_client() const { return failed_on_client_; }
  // Time spent waiting for the caller; not counted against request_ms.
  Duration waited_for_client(Instant now) const;
  // Waits until it ended.
  io::Signal::Awaiter ended(Instant deadline) { return ended_.wait(deadline); }

 private:
  Task<void> run();
  Task<bool> send_piece(BodySource::Piece& piece);
  void keep_for_replay(std::string_view bytes);
  void fail_on_client(Error error);
  bool is_too_slow(Instant now);

  ExchangeState& state_;
  BodySource& source_;
  io::Transport& upstream_;
  io::IoBuffer* replay_;
  io::Signal ended_;
  Task<void> task_;
  Instant waiting_since_ = Instant::never();
  Duration waited_{};
  Duration window_began_at_{};
  uint64_t window_began_bytes_ = 0;
  bool is_complete_ = false;
  bool failed_on_client_ = false;
  bool is_cancelled_ = false;
};

// A request body that was sent before, as far as `sent` goes, in its framing.
void append_replayed_body(http::Framing framing, const io::IoBuffer& sent, bool is_whole,
                          const http::HeaderList& trailers, io::BufferChain& out);

// What is left of the upstream's connection after the response.
enum class RelayEnd : uint8_t {
  kComplete,  // Both messages ended: the connection may be used again if it says so.
  kUpstreamEnd,  // The upstream stopped early; the caller's connection must be reset.
  kClientEnd,  // The caller left.
};

// Sends `response` and its body to the caller. Appends the record before the final send.
Task<RelayEnd> relay_response(ExchangeState& state, io::Transport& upstream,
                              const http::ResponseHead& response);

}  // namespace zerq::proxy
