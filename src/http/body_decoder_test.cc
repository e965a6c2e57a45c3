// SPDX-License-Identifier: Apache-2.0
#include "http/body_decoder.h"

#include <gtest/gtest.h>

#include <string>

namespace zerq::http {
namespace {

using State = BodyDecoder::Step::State;

struct Decoded {
  std::string body;
  std::string trailers;
  std::string_view refusal;
  bool is_done = false;
  size_t consumed = 0;
};

// Feeds `bytes` in pieces of `piece_bytes`.
Decoded decode(Framing framing, uint64_t length, std::string_view bytes, size_t piece_bytes,
               const BodyLimits& limits = {}) {
  HeapBlocks blocks;
  Arena arena(blocks);
  BodyDecoder decoder(framing, length, limits, arena);
  Decoded decoded;
  for (size_t end = 0; end < bytes.size() && !decoder.is_done();) {
    end = std::min(bytes.size(), end + piece_bytes);
    for (;;) {
      const auto step = decoder.next(bytes.substr(decoded.consumed, end - decoded.consumed));
      decoded.consumed += step.consumed;
      decoded.body += step.piece;
      if (step.state == State::kRefused) {
        decoded.refusal = step.reason;
        EXPECT_EQ(decoder.next("x").reason, step.reason);
        return decoded;
      }
      if (step.state == State::kNeedMore) {
        EXPECT_EQ(decoded.consumed, end);
      }
      if (step.state != State::kPiece) {
        break;
      }
      EXPECT_FALSE(step.piece.empty());
    }
  }
  decoded.is_done = decoder.is_done();
  EXPECT_EQ(decoder.bytes_decoded(), decoded.body.size());
  for (const Header& field : decoder.trailers()) {
    decoded.trailers += std::string(field.name) + "=" + std::string(field.value) + ";";
  }
  return decoded;
}

Decoded decode_chunked(std::string_view bytes, const BodyLimits& limits = {}) {
  const Decoded whole = decode(Framing::kChunked, 0, bytes, bytes.size() + 1, limits);
  for (size_t piece = 1; piece < std::min<size_t>(bytes.size(), 40); ++piece) {
    const Decoded split = decode(Framing::kChunked, 0, bytes, piece, limits);
    EXPECT_EQ(split.body, whole.body);
    EXPECT_EQ(split.trailers, whole.trailers);
    EXPECT_EQ(split.refusal, whole.refusal);
    EXPECT_EQ(split.is_done, whole.is_done);
  }
  return whole;
}

TEST(BodyDecoder, WithoutABodyIsDoneAtOnce) {
  HeapBlocks blocks;
  Arena arena(blocks);
  BodyDecoder none(Framing::kNone, 0, {}, arena);
  EXPECT_TRUE(none.is_done());
  EXPECT_EQ(none.next("GET").state, State::kDone);
  EXPECT_EQ(none.next("GET").consumed, 0U);
  EXPECT_TRUE(none.ends_well_at_eof());
  EXPECT_TRUE(BodyDecoder(Framing::kContentLength, 0, {}, arena).is_done());
}

TEST(BodyDecoder, StopsAtTheContentLength) {
  const Decoded decoded = decode(Framing::kContentLength, 5, "helloGET / HTTP/1.1", 3);
  EXPECT_EQ(decoded.body, "hello");
  EXPECT_TRUE(decoded.is_done);
  EXPECT_EQ(decoded.consumed, 5U);
}

TEST(BodyDecoder, IsTruncatedBeforeTheContentLength) {
  HeapBlocks blocks;
  Arena arena(blocks);
  BodyDecoder decoder(Framing::kContentLength, 5, {}, arena);
  EXPECT_EQ(decoder.next("hell").piece, "hell");
  EXPECT_EQ(decoder.bytes_left(), 1U);
  EXPECT_FALSE(decoder.ends_well_at_eof());
  EXPECT_EQ(decoder.next("").state, State::kNeedMore);
  EXPECT_EQ(decoder.next("oX").piece, "o");
  EXPECT_TRUE(decoder.ends_well_at_eof());
}

TEST(BodyDecoder, UntilCloseTakesEverything) {
  HeapBlocks blocks;
  Arena arena(blocks);
  BodyDecoder decoder(Framing::kUntilClose, 0, {}, arena);
  EXPECT_EQ(decoder.next("abc").piece, "abc");
  EXPECT_FALSE(decoder.is_done());
  EXPECT_TRUE(decoder.ends_well_at_eof());
  EXPECT_EQ(decoder.bytes_left(), UINT64_MAX);
}

TEST(BodyDecoder, RemovesChunks) {
  const Decoded decoded =
      decode_chunked("5\r\nhello\r\n00000000000000A\r\n, world!!!\r\n0\r\n\r\nGET");
  EXPECT_EQ(decoded.body, "hello, world!!!");
  EXPECT_TRUE(decoded.is_done);
  EXPECT_EQ(decoded.refusal, "");
}

TEST(BodyDecoder, LeavesWhatFollowsTheLastChunk) {
  const std::string_view bytes = "1\r\na\r\n0\r\n\r\nGET / HTTP/1.1\r\n";
  const Decoded decoded = decode(Framing::kChunked, 0, bytes, 1000);
  EXPECT_EQ(bytes.substr(decoded.consumed), "GET / HTTP/1.1\r\n");
}

TEST(BodyDecoder, SkipsExtensionsWithinTheirLimit) {
  EXPECT_EQ(decode_chunked("1;a=b;c=\"d\te\"\r\nx\r\n0;last\r\n\r\n").body, "x");
  const BodyLimits limits{.chunk_extension_bytes_max = 4};
  EXPECT_TRUE(decode_chunked("1;a\r\nx\r\n0;b\r\n\r\n", limits).is_done);
  EXPECT_EQ(decode_chunked("1;a\r\nx\r\n0;bc\r\n\r\n", limits).refusal,
            "chunk_extensions_too_long");
}

TEST(BodyDecoder, ReadsTrailers) {
  const Decoded decoded = decode_chunked("1\r\nx\r\n0\r\nX-Sum: abc \r\nX-Two:\t2\r\n\r\nGET");
  EXPECT_EQ(decoded.trailers, "X-Sum=abc;X-Two=2;");
  EXPECT_TRUE(decoded.is_done);
}

TEST(BodyDecoder, LimitsTrailers) {
  const std::string section = "0\r\nA: 1\r\nB: 2\r\n\r\n";
  EXPECT_TRUE(decode_chunked(section, {.trailers_max = 2}).is_done);
  EXPECT_EQ(decode_chunked(section, {.trailers_max = 1}).refusal, "too_many_headers");
  EXPECT_TRUE(decode_chunked(section, {.trailer_bytes_max = 14}).is_done);
  EXPECT_EQ(decode_chunked(section, {.trailer_bytes_max = 13}).refusal, "trailers_too_large");
}

TEST(BodyDecoder, IsTruncatedBeforeTheLastEmptyLine) {
  for (const std::string_view bytes : {"", "5", "5\r", "5\r\nhel", "1\r\nx", "1\r\nx\r\n",
                                       "1\r\nx\r\n0\r\n", "1\r\nx\r\n0\r\n\r"}) {
    HeapBlocks blocks;
    Arena arena(blocks);
    BodyDecoder decoder(Framing::kChunked, 0, {}, arena);
    std::string_view rest = bytes;
    while (!rest.empty()) {
      rest.remove_prefix(decoder.next(rest).consumed);
    }
    EXPECT_FALSE(decoder.ends_well_at_eof()) << bytes;
  }
}

}  // namespace
}  // namespace zerq::http
