// SPDX-License-Identifier: Apache-2.0
// The codec's share of a request: one head parsed, one head written, one chunk decoded.
#include <benchmark/benchmark.h>

#include <string>

#include "http/h1_writer.h"
#include "http/server_codec.h"

namespace zerq::http {
namespace {

constexpr std::string_view kSmall = "GET /pets/4711 HTTP/1.1\r\nHost: api.example:8080\r\n\r\n";

constexpr std::string_view kTypical =
    "GET /v1/pets/4711?expand=owner&limit=50 HTTP/1.1\r\n"
    "Host: api.example\r\n"
    "User-Agent: python-httpx/0.27.0\r\n"
    "Accept: application/json\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Connection: keep-alive\r\n"
    "X-Client-ID: 65f1c0ffee00000000000001\r\n"
    "X-Profile-ID: 65f1c0ffee00000000000002\r\n"
    "Authorization: Bearer zerq_tok_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHI\r\n"
    "Content-Type: application/json\r\n\r\n";

constexpr std::string_view kBrowser =
    "GET /assets/app.js HTTP/1.1\r\n"
    "Host: www.example\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0\r\n"
    "Accept: "
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Referer: https://www.example/dashboard/overview?range=30d\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: session=0123456789abcdef0123456789abcdef0123456789abcdef; theme=dark; consent=1; "
    "_ga=GA1.1.1234567890.1712345678; csrf=abcdefghijklmnopqrstuvwxyz012345\r\n"
    "Sec-Fetch-Dest: script\r\n"
    "Sec-Fetch-Mode: no-cors\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "If-None-Match: \"5f3a9c1e-1b2c3\"\r\n"
    "Cache-Control: max-age=0\r\n\r\n";

void parse_head(benchmark::State& state, std::string_view bytes) {
  HeapBlocks blocks;
  alignas(std::max_align_t) std::byte first[4096];
  for (auto _ : state) {
    Arena arena(blocks, first);
    RequestHead head(arena);
    size_t scanned = 0;
    benchmark::DoNotOptimize(parse_request_head(bytes, scanned, HeadLimits(), arena, head).state);
    benchmark::DoNotOptimize(head.headers.size());
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes.size()));
}

void BM_ParseSmallHead(benchmark::State& state) { parse_head(state, kSmall); }
void BM_ParseTypicalHead(benchmark::State& state) { parse_head(state, kTypical); }
void BM_ParseBrowserHead(benchmark::State& state) { parse_head(state, kBrowser); }

class CountingSink final : public ByteSink {
 public:
  void write(std::string_view bytes) override {
    benchmark::DoNotOptimize(bytes.data());
    written += bytes.size();
  }
  size_t written = 0;
};

void BM_WriteHead(benchmark::State& state) {
  CountingSink out;
  for (auto _ : state) {
    write_status_line(out, 200);
    write_header(out, "Content-Type", "application/json");
    write_header(out, "X-Request-ID", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    write_header(out, "Content-Length", 128);
    write_head_end(out);
  }
  benchmark::DoNotOptimize(out.written);
}

void BM_DecodeChunk(benchmark::State& state) {
  HeapBlocks blocks;
  const std::string bytes = "400\r\n" + std::string(1024, 'x') + "\r\n0\r\n\r\n";
  for (auto _ : state) {
    Arena arena(blocks);
    BodyDecoder decoder(Framing::kChunked, 0, BodyLimits(), arena);
    std::string_view rest = bytes;
    while (!decoder.is_done()) {
      rest.remove_prefix(decoder.next(rest).consumed);
    }
    benchmark::DoNotOptimize(decoder.bytes_decoded());
  }
}

BENCHMARK(BM_ParseSmallHead);
BENCHMARK(BM_ParseTypicalHead);
BENCHMARK(BM_ParseBrowserHead);
BENCHMARK(BM_WriteHead);
BENCHMARK(BM_DecodeChunk);

}  // namespace
}  // namespace zerq::http

BENCHMARK_MAIN();
