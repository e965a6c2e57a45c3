// SPDX-License-Identifier: Apache-2.0
// Chunked bodies: what comes out does not depend on the pieces that went in, every byte is used
// once, and an accepted body, written again as chunks, decodes to the same body and trailers.
#include <algorithm>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "http/body_decoder.h"
#include "http/h1_writer.h"

namespace zerq::http {
namespace {

constexpr BodyLimits kLimits{
    .chunk_extension_bytes_max = 64, .trailers_max = 4, .trailer_bytes_max = 256};

class TextSink final : public ByteSink {
 public:
  void write(std::string_view bytes) override { text += bytes; }
  std::string text;
};

struct Outcome {
  std::string body;
  std::string trailers;  // As written.
  std::string_view refusal;
  size_t consumed = 0;
  bool is_done = false;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome decode(std::string_view bytes, size_t piece_bytes) {
  HeapBlocks blocks;
  Arena arena(blocks);
  BodyDecoder decoder(Framing::kChunked, 0, kLimits, arena);
  Outcome outcome;
  size_t end = 0;
  while (end < bytes.size() && !decoder.is_done() && outcome.refusal.empty()) {
    end = std::min(bytes.size(), end + piece_bytes);
    for (;;) {
      const auto step = decoder.next(bytes.substr(outcome.consumed, end - outcome.consumed));
      outcome.consumed += step.consumed;
      outcome.body += step.piece;
      outcome.refusal = step.reason;
      CHECK(outcome.consumed <= end);
      if (step.state == BodyDecoder::Step::State::kNeedMore) {
        CHECK(outcome.consumed == end);
      }
      if (step.state != BodyDecoder::Step::State::kPiece) {
        break;
      }
      CHECK(!step.piece.empty());
    }
  }
  CHECK(decoder.bytes_decoded() == outcome.body.size());
  outcome.is_done = decoder.is_done();
  if (!outcome.refusal.empty()) {
    // Where exactly it gave up depends on how much it was shown at once.
    outcome.consumed = 0;
  }
  TextSink out;
  write_last_chunk(out, outcome.is_done ? &decoder.trailers() : nullptr);
  outcome.trailers = out.text;
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(input), size);
  const Outcome whole = decode(bytes, std::max<size_t>(size, 1));
  for (const size_t piece : {1, 2, 3, 5, 7, 16, 31}) {
    CHECK(decode(bytes, piece) == whole);
  }
  if (!whole.is_done) {
    return 0;
  }
  TextSink out;
  if (!whole.body.empty()) {
    write_chunk_size(out, whole.body.size());
    out.text += whole.body + "\r\n";
  }
  out.text += whole.trailers;
  const Outcome again = decode(out.text, 3);
  // Written white space may take more room than what was read.
  if (again.refusal != "trailers_too_large") {
    CHECK(again.is_done && again.body == whole.body && again.trailers == whole.trailers);
  }
  return 0;
}

}  // namespace zerq::http
