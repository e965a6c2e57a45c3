// SPDX-License-Identifier: Apache-2.0
#include "http/h1_writer.h"

#include <gtest/gtest.h>

#include <string>

namespace zerq::http {
namespace {

class TextSink final : public ByteSink {
 public:
  void write(std::string_view bytes) override { text += bytes; }
  std::string text;
};

TEST(H1Writer, WritesARequestHead) {
  TextSink out;
  write_request_line(out, "GET", "/a?b");
  write_header(out, "Host", "a.example");
  write_header(out, "Content-Length", 18446744073709551615U);
  write_head_end(out);
  EXPECT_EQ(out.text,
            "GET /a?b HTTP/1.1\r\nHost: a.example\r\nContent-Length: 18446744073709551615\r\n\r\n");
}

TEST(H1Writer, WritesStatusLinesKnownAndUnknown) {
  TextSink out;
  write_status_line(out, 200);
  write_status_line(out, 404);
  write_status_line(out, 599);
  EXPECT_EQ(out.text, "HTTP/1.1 200 OK\r\nHTTP/1.1 404 Not Found\r\nHTTP/1.1 599 \r\n");
}

TEST(H1Writer, WritesChunksAndTrailers) {
  HeapBlocks blocks;
  Arena arena(blocks);
  HeaderList trailers(arena);
  TextSink out;
  write_chunk_size(out, 0x1A2B);
  write_last_chunk(out, nullptr);
  write_last_chunk(out, &trailers);
  trailers.add("X-Sum", "1");
  write_last_chunk(out, &trailers);
  EXPECT_EQ(out.text, "1a2b\r\n0\r\n\r\n0\r\n\r\n0\r\nX-Sum: 1\r\n\r\n");
}

TEST(H1Writer, WritesLinesOfAnyLength) {
  for (const size_t bytes : {1UL, 500UL, 505UL, 506UL, 507UL, 511UL, 512UL, 513UL, 5000UL}) {
    TextSink out;
    const std::string value(bytes, 'v');
    write_header(out, "Name", value);
    EXPECT_EQ(out.text, "Name: " + value + "\r\n");
  }
}

TEST(H1Writer, KnowsEveryReasonPhraseThatWeAnswer) {
  for (const uint16_t status : {100, 101, 200, 204, 400, 401, 403, 404, 405, 408, 413,
                                414, 415, 417, 429, 431, 500, 501, 502, 503, 504, 505}) {
    EXPECT_FALSE(reason_phrase(status).empty()) << status;
  }
  EXPECT_EQ(reason_phrase(431), "Request Header Fields Too Large");
  EXPECT_EQ(reason_phrase(299), "");
}

TEST(H1WriterDeathTest, LineBreaksInWhatIsWrittenEndTheProcess) {
  TextSink out;
  EXPECT_DEATH(write_header(out, "X", "a\r\nY: b"), "check failed");
  EXPECT_DEATH(write_header(out, "X", "a\nb"), "check failed");
  EXPECT_DEATH(write_header(out, "X", std::string_view("a\0", 2)), "check failed");
  EXPECT_DEATH(write_header(out, "X\r\nY", "a"), "check failed");
  EXPECT_DEATH(write_request_line(out, "GET", "/\r\n"), "check failed");
}

}  // namespace
}  // namespace zerq::http
