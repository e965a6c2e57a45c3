// SPDX-License-Identifier: Apache-2.0
#include "main/demo.h"

#include <fmt/format.h>

#include <future>
#include <thread>

#include "base/intrusive_list.h"
#include "http/body_decoder.h"
#include "http/h1_writer.h"
#include "http/server_codec.h"
#include "io/event_loop.h"
#include "io/listen_socket.h"
#include "io/tcp_socket.h"
#include "text/json_writer.h"

namespace zerq {
namespace {

constexpr Duration kIdle = std::chrono::seconds(120);
constexpr std::string_view kToken = "zerq_tok_demo-demo-demo-demo-demo-demo-demo-demo-demo-0";
constexpr std::string_view kClientId = "66a1b2c3d4e5f6a7b8c9d0e1";
constexpr std::string_view kTokenProfileId = "66a1b2c3d4e5f6a7b8c9d0a1";

class ChainSink final : public http::ByteSink {
 public:
  explicit ChainSink(io::BufferChain& chain) : chain_(chain) {}
  void write(std::string_view bytes) override { chain_.append(bytes); }

 private:
  io::BufferChain& chain_;
};

class EchoConnection;
using EchoList = IntrusiveList<EchoConnection>;

class EchoConnection final : public ListNode {
 public:
  EchoConnection(io::EventLoop& loop, int fd) : loop_(loop), socket_(loop.adopt_socket(fd)) {}
  void start() {
    task_ = serve();
    task_.start();
  }

 private:
  Task<void> serve() {
    while (co_await answer_one()) {
    }
    unlink();
    loop_.reap([owned = std::unique_ptr<EchoConnection>(this)] {});
  }

  Task<bool> answer_one() {
    Arena arena(loop_.buffers());
    http::RequestHead head(arena);
    size_t scanned = 0;
    while (true) {
      const http::HeadParse parse =
          http::parse_request_head(socket_->inbox(), scanned, http::HeadLimits{}, arena, head);
      if (parse.state == http::HeadParse::State::kRefused) {
        co_return false;
      }
      if (parse.state == http::HeadParse::State::kComplete) {
        socket_->consume(parse.consumed);
        break;
      }
      const Result<> more = co_await socket_->wait_inbox(loop_.now() + kIdle);
      if (!more.has_value()) {
        co_return false;
      }
    }
    http::BodyDecoder body(head.framing, head.content_length, http::BodyLimits{}, arena);
    while (!body.is_done()) {
      const http::BodyDecoder::Step step = body.next(socket_->inbox());
      socket_->consume(step.consumed);
      if (step.state == http::BodyDecoder::Step::State::kRefused) {
        co_return false;
      }
      if (step.state == http::BodyDecoder::Step::State::kNeedMore) {
        const Result<> more = co_await socket_->wait_inbox(loop_.now() + kIdle);
        if (!more.has_value()) {
          co_return false;
        }
      }
    }
    io::BufferChain chain(loop_.buffers());
    write_echo(head, body.bytes_decoded(), chain);
    const Result<> sent = co_await socket_->send(std::move(chain), kIdle);
    co_return sent.has_value() && head.keep_alive;
  }

  static void write_echo(const http::RequestHead& head, uint64_t body_bytes,
                         io::BufferChain& chain) {
    std::string echo;
    text::JsonWriter json(echo);
    json.begin_object();
    json.member("method", head.method_text);
    json.member("target", head.target);
    json.member("body_bytes", body_bytes);
    json.key("headers");
    json.begin_object();
    for (const http::Header& header : head.headers) {
      json.member(header.name, header.value);
    }
    json.end_object();
    json.end_object();
    echo += '\n';
    ChainSink sink(chain);
    http::write_status_line(sink, 200);
    http::write_header(sink, "Content-Type", "application/json");
    http::write_header(sink, "Content-Length", uint64_t{echo.size()});
    http::write_head_end(sink);
    if (head.method != http::Method::kHead) {
      chain.append(echo);
    }
  }

  io::EventLoop& loop_;
  std::unique_ptr<io::TcpSocket> socket_;
  Task<void> task_;
};

class EchoListener final : public io::AcceptSink {
 public:
  explicit EchoListener(io::EventLoop& loop, int fd)
      : loop_(loop), socket_(loop.adopt_listener(fd)) {
    socket_->start(*this);
  }
  ~EchoListener() {
    while (EchoConnection* connection = connections_.pop_front()) {
      delete connection;
    }
  }

 private:
  void on_accept(int fd, const io::SocketAddress&) noexcept override {
    auto* connection = new EchoConnection(loop_, fd);
    connections_.push_back(*connection);
    connection->start();
  }

  io::EventLoop& loop_;
  std::unique_ptr<io::ListenSocket> socket_;
  EchoList connections_;
};

}  // namespace

struct DemoUpstream::State {
  io::EventLoop* loop = nullptr;
  std::jthread thread;
};

Result<std::unique_ptr<DemoUpstream>> DemoUpstream::start() {
  const io::SocketAddress any_port = TRY(io::SocketAddress::parse("127.0.0.1:0"));
  const int fd = TRY(io::open_listen_socket(any_port, false));
  const uint16_t port = io::local_address(fd).port();
  auto state = std::make_unique<State>();
  std::promise<io::EventLoop*> running;
  std::future<io::EventLoop*> is_running = running.get_future();
  state->thread = std::jthread([fd, running = std::move(running)]() mutable {
    SystemClock clock;
    Result<std::unique_ptr<io::EventLoop>> loop =
        io::EventLoop::create({.backend = io::Backend::kEpoll}, clock);
    if (!loop.has_value()) {
      running.set_value(nullptr);
      return;
    }
    EchoListener listener(**loop, fd);
    running.set_value(loop->get());
    (*loop)->run();
  });
  state->loop = is_running.get();
  if (state->loop == nullptr) {
    return fail(ErrorCode::kIo, "the demo upstream could not start");
  }
  return std::unique_ptr<DemoUpstream>(new DemoUpstream(std::move(state), port));
}

DemoUpstream::DemoUpstream(std::unique_ptr<State> state, uint16_t port)
    : state_(std::move(state)), port_(port) {}

DemoUpstream::~DemoUpstream() { state_->loop->stop(); }

std::string demo_config(uint16_t upstream_port) {
  return fmt::format(R"(version: 1
policies:
  - name: demo
    rate_limit: {{requests: 600, interval: 1m}}
collections:
  - name: Open
    base_path: /open
    target: http://127.0.0.1:{port}
    anonymous_profile: demo/anonymous
    status: published
    proxies:
      - {{name: anything, methods: [GET, POST, PUT, DELETE, PATCH, HEAD, OPTIONS], path: /*, target_path: /*, status: published}}
  - name: Petstore
    base_path: /petstore
    target: http://127.0.0.1:{port}
    status: published
    proxies:
      - {{name: Get pet, methods: [GET], path: "/pets/{{id}}", target_path: "/v2/pets/{{id}}", status: published}}
clients:
  - id: {client}
    name: demo
    collections: [Open, Petstore]
    policy: demo
    profiles:
      - {{id: {profile}, name: token, auth: {{type: token, token: {{value: {token}}}}}}}
      - {{id: 66a1b2c3d4e5f6a7b8c9d0a4, name: anonymous, auth: {{type: none}}}}
)",
                     fmt::arg("port", upstream_port), fmt::arg("client", kClientId),
                     fmt::arg("profile", kTokenProfileId), fmt::arg("token", kToken));
}

std::string demo_lines(const std::string& data_address, const std::string& data_dir) {
  return fmt::format(R"(
  An anonymous call:
    curl -i http://{address}/open/hello
  A call with a token:
    curl -i http://{address}/petstore/pets/7 -H 'X-Client-ID: {client}' -H 'X-Profile-ID: {profile}' -H 'Authorization: Bearer {token}'
  A refused call (wrong token):
    curl -i http://{address}/petstore/pets/7 -H 'X-Client-ID: {client}' -H 'X-Profile-ID: {profile}' -H 'Authorization: Bearer wrong'
  What happened:
    zerq-gateway audit query --data-dir {data_dir} --limit 3

)",
                     fmt::arg("address", data_address), fmt::arg("client", kClientId),
                     fmt::arg("profile", kTokenProfileId), fmt::arg("token", kToken),
                     fmt::arg("data_dir", data_dir));
}

}  // namespace zerq
