// SPDX-License-Identifier: Apache-2.0
// BodyDecoder: body bytes out of framed bytes, for requests and responses (RFC 9112 §6, §7). Rung:
// Exchange; its arena keeps trailers. No I/O, no copy of a body; deadlines and size limits of whole
// bodies belong to the relay. Which framing a message has is in its head (http/message_head.h).
#pragma once

#include <cstdint>
#include <string_view>

#include "http/message_head.h"

namespace zerq::http {

struct BodyLimits {
  uint32_t chunk_extension_bytes_max = 8192;  // A body.
  uint32_t trailers_max = 64;
  uint32_t trailer_bytes_max = 65536;
};

// Body bytes of one message, whatever its framing. `next()` is called with the bytes at hand until
// it needs more, and has then used them all; pieces are views into them. Chunked framing is
// removed, strictly (RFC 9112 §7.1). Bytes behind the end of the body are never touched.
class BodyDecoder {
 public:
  BodyDecoder(Framing framing, uint64_t content_length, const BodyLimits& limits, Arena& arena);

  struct Step {
    enum class State : uint8_t { kNeedMore, kPiece, kDone, kRefused };
    State state = State::kNeedMore;
    size_t consumed = 0;  // Bytes of the input used up, framing included.
    std::string_view piece = {};  // kPiece: body bytes, non-empty.
    std::string_view reason = {};  // kRefused.
  };
  Step next(std::string_view bytes);

  // True with the last piece already where the length was announced.
  bool is_done() const { return state_ == Where::kEnd; }
  uint64_t bytes_decoded() const { return decoded_; }
  // Body bytes still to come: of the message with a Content-Length, of the chunk with chunked;
  // UINT64_MAX until close.
  uint64_t bytes_left() const { return left_; }
  Framing framing() const { return framing_; }
  // Trailer fields of a chunked body, once done.
  const HeaderList& trailers() const { return trailers_; }
  // The peer sent FIN: kUntilClose ends well; everything else is truncated.
  bool ends_well_at_eof() const {
    return framing_ == Framing::kUntilClose || state_ == Where::kEnd;
  }

 private:
  enum class Where : uint8_t {
    kBody,
    kSize,
    kExtension,
    kSizeLf,
    kPayload,
    kPayloadCr,
    kPayloadLf,
    kTrailer,
    kEnd,
    kBroken
  };
  Step next_of_known_length(std::string_view bytes);
  Step next_chunked(std::string_view bytes);
  std::string_view take_framing_byte(char c);
  std::string_view take_size_digit(char c);
  Step take_trailers(std::string_view bytes);
  std::string_view keep_trailer_bytes(std::string_view bytes);
  std::string_view finish_trailers();
  Step refuse(std::string_view reason, size_t consumed);

  Framing framing_;
  Where state_;
  uint8_t size_digits_ = 0;
  uint32_t extension_bytes_ = 0;
  uint64_t left_ = 0;
  uint64_t decoded_ = 0;
  BodyLimits limits_;
  Arena* arena_;
  // The trailer section so far, in the arena, since it may come in any number of pieces.
  char* trailer_text_ = nullptr;
  uint32_t trailer_bytes_ = 0;
  uint32_t trailer_capacity_ = 0;
  uint32_t trailer_line_start_ = 0;
  std::string_view refusal_;
  HeaderList trailers_;
};

}  // namespace zerq::http
