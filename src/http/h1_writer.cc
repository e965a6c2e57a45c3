// SPDX-License-Identifier: Apache-2.0
#include "http/h1_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "base/check.h"
#include "http/h1/head_scan.h"

namespace zerq::http {
namespace {

// Gathers the parts of a line, so that a sink is called once a line and not once a part.
class Line {
 public:
  explicit Line(ByteSink& out) : out_(out) {}
  ~Line() { flush(); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  Line& add(std::string_view part) {
    if (part.size() > text_.size() - size_) {
      flush();
      if (part.size() > text_.size()) {
        out_.write(part);
        return *this;
      }
    }
    std::ranges::copy(part, text_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += part.size();
    return *this;
  }
  Line& add_number(uint64_t number, int radix) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, radix).ptr;
    return add({digits.data(), static_cast<size_t>(end - digits.data())});
  }

 private:
  void flush() {
    if (size_ > 0) {
      out_.write({text_.data(), size_});
      size_ = 0;
    }
  }

  ByteSink& out_;
  size_t size_ = 0;
  std::array<char, 512> text_;
};

struct StatusLine {
  uint16_t status;
  std::string_view text;  // The whole line.
};

constexpr size_t kReasonAt = std::string_view("HTTP/1.1 200 ").size();

// The registry of RFC 9110 §15, and the few beyond it that APIs use; sorted.
constexpr StatusLine kStatusLines[] = {
    {100, "HTTP/1.1 100 Continue\r\n"},
    {101, "HTTP/1.1 101 Switching Protocols\r\n"},
    {102, "HTTP/1.1 102 Processing\r\n"},
    {103, "HTTP/1.1 103 Early Hints\r\n"},
    {200, "HTTP/1.1 200 OK\r\n"},
    {201, "HTTP/1.1 201 Created\r\n"},
    {202, "HTTP/1.1 202 Accepted\r\n"},
    {203, "HTTP/1.1 203 Non-Authoritative Information\r\n"},
    {204, "HTTP/1.1 204 No Content\r\n"},
    {205, "HTTP/1.1 205 Reset Content\r\n"},
    {206, "HTTP/1.1 206 Partial Content\r\n"},
    {207, "HTTP/1.1 207 Multi-Status\r\n"},
    {300, "HTTP/1.1 300 Multiple Choices\r\n"},
    {301, "HTTP/1.1 301 Moved Permanently\r\n"},
    {302, "HTTP/1.1 302 Found\r\n"},
    {303, "HTTP/1.1 303 See Other\r\n"},
    {304, "HTTP/1.1 304 Not Modified\r\n"},
    {307, "HTTP/1.1 307 Temporary Redirect\r\n"},
    {308, "HTTP/1.1 308 Permanent Redirect\r\n"},
    {400, "HTTP/1.1 400 Bad Request\r\n"},
    {401, "HTTP/1.1 401 Unauthorized\r\n"},
    {402, "HTTP/1.1 402 Payment Required\r\n"},
    {403, "HTTP/1.1 403 Forbidden\r\n"},
    {404, "HTTP/1.1 404 Not Found\r\n"},
    {405, "HTTP/1.1 405 Method Not Allowed\r\n"},
    {406, "HTTP/1.1 406 Not Acceptable\r\n"},
    {407, "HTTP/1.1 407 Proxy Authentication Required\r\n"},
    {408, "HTTP/1.1 408 Request Timeout\r\n"},
    {409, "HTTP/1.1 409 Conflict\r\n"},
    {410, "HTTP/1.1 410 Gone\r\n"},
    {411, "HTTP/1.1 411 Length Required\r\n"},
    {412, "HTTP/1.1 412 Precondition Failed\r\n"},
    {413, "HTTP/1.1 413 Content Too Large\r\n"},
    {414, "HTTP/1.1 414 URI Too Long\r\n"},
    {415, "HTTP/1.1 415 Unsupported Media Type\r\n"},
    {416, "HTTP/1.1 416 Range Not Satisfiable\r\n"},
    {417, "HTTP/1.1 417 Expectation Failed\r\n"},
    {421, "HTTP/1.1 421 Misdirected Request\r\n"},
    {422, "HTTP/1.1 422 Unprocessable Content\r\n"},
    {423, "HTTP/1.1 423 Locked\r\n"},
    {424, "HTTP/1.1 424 Failed Dependency\r\n"},
    {425, "HTTP/1.1 425 Too Early\r\n"},
    {426, "HTTP/1.1 426 Upgrade Required\r\n"},
    {428, "HTTP/1.1 428 Precondition Required\r\n"},
    {429, "HTTP/1.1 429 Too Many Requests\r\n"},
    {431, "HTTP/1.1 431 Request Header Fields Too Large\r\n"},
    {451, "HTTP/1.1 451 Unavailable For Legal Reasons\r\n"},
    {500, "HTTP/1.1 500 Internal Server Error\r\n"},
    {501, "HTTP/1.1 501 Not Implemented\r\n"},
    {502, "HTTP/1.1 502 Bad Gateway\r\n"},
    {503, "HTTP/1.1 503 Service Unavailable\r\n"},
    {504, "HTTP/1.1 504 Gateway Timeout\r\n"},
    {505, "HTTP/1.1 505 HTTP Version Not Supported\r\n"},
};
static_assert(std::ranges::is_sorted(kStatusLines, {}, &StatusLine::status));

const StatusLine* find_status_line(uint16_t status) {
  // Nearly every answer.
  if (status == 200) [[likely]] {
    return &kStatusLines[4];
  }
  const auto* at = std::ranges::lower_bound(kStatusLines, status, {}, &StatusLine::status);
  return at != std::end(kStatusLines) && at->status == status ? at : nullptr;
}
static_assert(kStatusLines[4].status == 200);

bool holds_line_break(std::string_view text) {
  return h1::find_control(text) != text.size() &&
         text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

}  // namespace

void write_request_line(ByteSink& out, std::string_view method, std::string_view target) {
  CHECK(!holds_line_break(method) && !holds_line_break(target));
  Line(out).add(method).add(" ").add(target).add(" HTTP/1.1\r\n");
}

void write_status_line(ByteSink& out, uint16_t status) {
  if (const StatusLine* line = find_status_line(status)) {
    out.write(line->text);
    return;
  }
  Line(out).add("HTTP/1.1 ").add_number(status, 10).add(" \r\n");
}

void write_header(ByteSink& out, std::string_view name, std::string_view value) {
  CHECK(!holds_line_break(name) && !holds_line_break(value));
  Line(out).add(name).add(": ").add(value).add("\r\n");
}

void write_header(ByteSink& out, std::string_view name, uint64_t value) {
  Line(out).add(name).add(": ").add_number(value, 10).add("\r\n");
}

void write_head_end(ByteSink& out) { out.write("\r\n"); }

void write_chunk_size(ByteSink& out, uint64_t bytes) {
  // A size of zero would end the body.
  DCHECK(bytes > 0);
  Line(out).add_number(bytes, 16).add("\r\n");
}

void write_last_chunk(ByteSink& out, const HeaderList* trailers) {
  if (trailers == nullptr || trailers->size() == 0) {
    out.write("0\r\n\r\n");
    return;
  }
  out.write("0\r\n");
  for (const Header& field : *trailers) {
    write_header(out, field.name, field.value);
  }
  write_head_end(out);
}

std::string_view reason_phrase(uint16_t status) noexcept {
  const StatusLine* line = find_status_line(status);
  return line == nullptr ? std::string_view()
                         : line->text.substr(kReasonAt, line->text.size() - kReasonAt - 2);
}

}  // namespace zerq::http
