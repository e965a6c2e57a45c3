// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 heads and chunk framing as bytes (RFC 9112). The caller decides every header; nothing
// here adds, drops or validates one, except that a CR, LF or NUL in a value is a broken invariant.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/message_head.h"

namespace zerq::http {

// Where written bytes go: io/io_buffer.h's BufferChain, or a std::string in tests.
class ByteSink {
 public:
  virtual void write(std::string_view bytes) = 0;

 protected:
  ~ByteSink() = default;
};

void write_request_line(ByteSink& out, std::string_view method, std::string_view target);
void write_status_line(ByteSink& out, uint16_t status);
void write_header(ByteSink& out, std::string_view name, std::string_view value);
void write_header(ByteSink& out, std::string_view name, uint64_t value);
void write_head_end(ByteSink& out);
// "1a2b\r\n"; the payload and "\r\n" follow.
void write_chunk_size(ByteSink& out, uint64_t bytes);
// "0\r\n", trailers, "\r\n".
void write_last_chunk(ByteSink& out, const HeaderList* trailers);
std::string_view reason_phrase(uint16_t status) noexcept;

}  // namespace zerq::http
