// SPDX-License-Identifier: Apache-2.0
#include "admin/admin_connection.h"

#include "crypto/random.h"
#include "http/body_decoder.h"
#include "http/h1_writer.h"
#include "http/server_codec.h"
#include "text/uuid.h"

namespace zerq::admin {
namespace {

constexpr Duration kHeadMax = std::chrono::seconds(10);
constexpr Duration kKeepalive = std::chrono::seconds(60);
constexpr Duration kWriteIdle = std::chrono::seconds(30);
constexpr Duration kBodyMax = std::chrono::seconds(60);
// Declarative files of thousands of objects.
constexpr size_t kBodyBytesMax = size_t{64} << 20;

class ChainSink final : public http::ByteSink {
 public:
  explicit ChainSink(io::BufferChain& chain) : chain_(chain) {}
  void write(std::string_view bytes) override { chain_.append(bytes); }

 private:
  io::BufferChain& chain_;
};

int hex_value(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

// One part of a query: %XX and '+'. What is no escape stays as it is.
std::string decode_form(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && text.size() - i > 2 && hex_value(text[i + 1]) >= 0 &&
        hex_value(text[i + 2]) >= 0) {
      decoded += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      decoded += text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  }
  return lower;
}

std::string_view bearer_of(const http::HeaderList& headers) {
  const http::Header* header = headers.find(http::KnownHeader::kAuthorization);
  constexpr std::string_view kScheme = "Bearer ";
  if (header == nullptr || headers.count(http::KnownHeader::kAuthorization) != 1 ||
      header->value.size() <= kScheme.size() ||
      !http::equals_ignoring_case(header->value.substr(0, kScheme.size()), kScheme)) {
    return {};
  }
  return header->value.substr(kScheme.size());
}

}  // namespace

AdminConnection::AdminConnection(AdminServer& server, std::unique_ptr<io::TcpSocket> socket,
                                 IpAddress peer_ip, bool is_local_socket)
    : server_(server),
      socket_(std::move(socket)),
      peer_ip_(peer_ip),
      is_local_socket_(is_local_socket) {}

void AdminConnection::start() {
  task_ = serve();
  task_.start();
}

Task<void> AdminConnection::serve() {
  bool goes_on = true;
  while (goes_on) {
    if (socket_->inbox().empty()) {
      const Result<> more = co_await socket_->wait_inbox(server_.loop_.now() + kKeepalive);
      if (!more.has_value()) {
        break;
      }
    }
    goes_on = co_await serve_call();
  }
  server_.close_connection(*this);
}

Task<bool> AdminConnection::serve_call() {
  io::EventLoop& loop = server_.loop_;
  Arena arena(loop.buffers());
  http::RequestHead head(arena);
  const Instant deadline = loop.now() + kHeadMax;
  size_t scanned = 0;
  while (true) {
    const http::HeadParse parse =
        http::parse_request_head(socket_->inbox(), scanned, http::HeadLimits{}, arena, head);
    if (parse.state == http::HeadParse::State::kComplete) {
      socket_->consume(parse.consumed);
      break;
    }
    if (parse.state == http::HeadParse::State::kRefused) {
      co_return co_await answer(
          head, error_reply({}, 400, "malformed_request", "The request is not valid HTTP."), true);
    }
    const Result<> more = co_await socket_->wait_inbox(deadline);
    if (!more.has_value()) {
      co_return false;
    }
  }
  AdminRequest request = make_request(head);
  if (head.framing != http::Framing::kNone) {
    Result<std::string> body = co_await read_body(head, arena);
    if (!body.has_value()) {
      const bool is_too_large = body.error().code == ErrorCode::kTooLarge;
      if (!is_too_large && body.error().code != ErrorCode::kMalformed) {
        co_return false;  // The peer left, or was too slow.
      }
      co_return co_await answer(
          head,
          is_too_large
              ? error_reply(request, 413, "body_too_large", "The body is larger than 64 MiB.")
              : error_reply(request, 400, "malformed_request", "The body is not valid HTTP."),
          true);
    }
    request.body = *std::move(body);
  }
  AdminReply reply = co_await server_.router_.call(std::move(request));
  co_return co_await answer(head, std::move(reply), !head.keep_alive);
}

Task<Result<std::string>> AdminConnection::read_body(const http::RequestHead& head, Arena& arena) {
  io::EventLoop& loop = server_.loop_;
  if (head.framing == http::Framing::kContentLength && head.content_length > kBodyBytesMax) {
    co_return fail(ErrorCode::kTooLarge);
  }
  if (head.expects_continue) {
    io::BufferChain interim(loop.buffers());
    interim.append("HTTP/1.1 100 Continue\r\n\r\n");
    CO_TRY(co_await socket_->send(std::move(interim), kWriteIdle));
  }
  const Instant deadline = loop.now() + kBodyMax;
  http::BodyDecoder decoder(head.framing, head.content_length, {}, arena);
  std::string body;
  while (true) {
    const http::BodyDecoder::Step step = decoder.next(socket_->inbox());
    body += step.piece;
    socket_->consume(step.consumed);
    if (decoder.is_done() || step.state == http::BodyDecoder::Step::State::kDone) {
      co_return body;
    }
    if (step.state == http::BodyDecoder::Step::State::kRefused) {
      co_return fail(ErrorCode::kMalformed);
    }
    if (body.size() > kBodyBytesMax) {
      co_return fail(ErrorCode::kTooLarge);
    }
    if (step.state == http::BodyDecoder::Step::State::kNeedMore) {
      CO_TRY(co_await socket_->wait_inbox(deadline));
    }
  }
}

AdminRequest AdminConnection::make_request(const http::RequestHead& head) const {
  AdminRequest request;
  request.method = head.method_text;
  request.path = head.raw_path;
  request.host = head.authority;
  if (const http::Header* origin = head.headers.find(http::KnownHeader::kOrigin)) {
    request.origin = origin->value;
  }
  request.bearer = bearer_of(head.headers);
  for (const http::Header& header : head.headers) {
    if (http::equals_ignoring_case(header.name, "content-type")) {
      request.content_type = lower_case(header.value.substr(0, header.value.find_first_of("; ")));
    } else if (http::equals_ignoring_case(header.name, "if-match")) {
      request.if_match = header.value;
    } else if (http::equals_ignoring_case(header.name, "x-change-reason")) {
      request.reason = header.value;
    }
  }
  request.peer_ip = peer_ip_;
  request.is_local_socket = is_local_socket_;
  std::array<uint64_t, 2> random;
  crypto::fill_random(std::as_writable_bytes(std::span(random)));
  request.request_id = text::Uuid::v7(static_cast<uint64_t>(server_.loop_.wall_now().us / 1000),
                                      random[0], random[1])
                           .to_text();
  std::string_view rest = head.query;
  while (!rest.empty()) {
    const size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    const size_t equals = pair.find('=');
    if (!pair.empty()) {
      request.query.emplace_back(
          decode_form(pair.substr(0, equals)),
          equals == std::string_view::npos ? "" : decode_form(pair.substr(equals + 1)));
    }
  }
  return request;
}

Task<bool> AdminConnection::answer(const http::RequestHead& head, AdminReply reply,
                                   bool must_close) {
  io::BufferChain chain(server_.loop_.buffers());
  ChainSink sink(chain);
  http::write_status_line(sink, reply.status);
  if (reply.status != 204) {
    if (!reply.content_type.empty()) {
      http::write_header(sink, "Content-Type", reply.content_type);
    }
    http::write_header(sink, "Content-Length", uint64_t{reply.body.size()});
  }
  http::write_header(sink, "Cache-Control", "no-store");
  if (!reply.etag.empty()) {
    http::write_header(sink, "ETag", reply.etag);
  }
  if (!reply.location.empty()) {
    http::write_header(sink, "Location", reply.location);
  }
  if (!reply.request_id.empty()) {
    http::write_header(sink, "X-Request-ID", reply.request_id);
  }
  if (!reply.allow.empty()) {
    http::write_header(sink, "Allow", reply.allow);
  }
  if (reply.status == 401) {
    http::write_header(sink, "WWW-Authenticate", R"(Bearer realm="zerq-admin")");
  }
  if (must_close) {
    http::write_header(sink, "Connection", "close");
  }
  http::write_head_end(sink);
  if (head.method != http::Method::kHead) {
    chain.append(reply.body);
  }
  const Result<> sent = co_await socket_->send(std::move(chain), kWriteIdle);
  co_return sent.has_value() && !must_close;
}

}  // namespace zerq::admin
