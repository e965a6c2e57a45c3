// SPDX-License-Identifier: Apache-2.0
#include "main/admin_call.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fstream>

#include "http/body_decoder.h"
#include "http/client_codec.h"
#include "io/socket_address.h"

namespace zerq {
namespace {

constexpr timeval kPatience{.tv_sec = 60, .tv_usec = 0};

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Result<int> connect_to(const AdminTarget& target) {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  Result<io::SocketAddress> address = fail(ErrorCode::kMalformed);
  const sockaddr* to = reinterpret_cast<const sockaddr*>(&local);
  socklen_t size = sizeof(local);
  if (target.is_local) {
    if (target.address.size() >= sizeof(local.sun_path)) {
      return fail(ErrorCode::kTooLarge, "the socket's path is too long");
    }
    target.address.copy(local.sun_path, target.address.size());
  } else {
    address = io::SocketAddress::parse(target.address);
    if (!address.has_value()) {
      return fail(address.error());
    }
    to = address->data();
    size = address->size();
  }
  const int fd = ::socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof(kPatience));
  if (::connect(fd, to, size) != 0) {
    const int cause = errno;
    ::close(fd);
    return fail(
        Error{.code = ErrorCode::kRefused, .os_errno = cause, .detail = "nobody listens there"});
  }
  return fd;
}

std::string first_line_of(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

}  // namespace

AdminTarget find_server(const ServerOptions& options) {
  AdminTarget target;
  constexpr std::string_view kScheme = "http://";
  if (!options.server.empty()) {
    target.address = options.server.starts_with(kScheme) ? options.server.substr(kScheme.size())
                                                         : options.server;
  } else if (options.token.empty() && options.token_file.empty()) {
    target.is_local = true;
    constexpr const char* kSystem = "/var/lib/zerq-gateway/admin.sock";
    target.address = !options.data_dir.empty()      ? options.data_dir + "/admin.sock"
                     : ::access(kSystem, F_OK) == 0 ? kSystem
                                                    : "./zerq-data/admin.sock";
  } else {
    target.address = "127.0.0.1:8081";
  }
  target.token = options.token_file.empty() ? options.token : first_line_of(options.token_file);
  return target;
}

Result<AdminAnswer> call_admin(const AdminTarget& target, const AdminCall& call) {
  const Descriptor socket(TRY(connect_to(target)));
  const std::string host = target.is_local ? "localhost" : target.address;
  std::string request = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
                                    call.method, call.path_and_query, host);
  if (!call.body.empty()) {
    request +=
        fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", call.body.size());
  }
  if (!target.token.empty()) {
    request += fmt::format("Authorization: Bearer {}\r\n", target.token);
  }
  request += "\r\n" + call.body;
  for (std::string_view left = request; !left.empty();) {
    const ssize_t sent = ::send(socket.get(), left.data(), left.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return fail(Error{.code = ErrorCode::kReset, .os_errno = errno, .detail = "send"});
    }
    left.remove_prefix(static_cast<size_t>(sent));
  }
  std::string received;
  std::string part(65536, '\0');
  ssize_t got = 0;
  while ((got = ::recv(socket.get(), part.data(), part.size(), 0)) > 0) {
    received.append(part.data(), static_cast<size_t>(got));
  }
  if (got < 0) {
    return fail(Error{.code = ErrorCode::kTimedOut, .os_errno = errno, .detail = "no answer"});
  }
  HeapBlocks blocks;
  Arena arena(blocks);
  http::ResponseHead head(arena);
  size_t scanned = 0;
  const http::HeadParse parse = http::parse_response_head(received, scanned, http::HeadLimits{},
                                                          http::Method::kGet, arena, head);
  if (parse.state != http::HeadParse::State::kComplete) {
    return fail(ErrorCode::kMalformed, "the answer is not HTTP");
  }
  return AdminAnswer{.status = head.status, .body = received.substr(parse.consumed)};
}

}  // namespace zerq
