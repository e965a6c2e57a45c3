// SPDX-License-Identifier: Apache-2.0
#include "main/listener_sockets.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "io/listen_socket.h"

namespace zerq {
namespace {

constexpr int kLocalBacklog = 64;

store::StartResult<OpenListener> refuse(const std::string& address, const std::string& why) {
  return store::cannot_start(fmt::format("{}: {}", address, why));
}

}  // namespace

store::StartResult<OpenListener> open_listener(const std::string& address, size_t sockets) {
  const Result<io::SocketAddress> parsed = io::SocketAddress::parse(address);
  if (!parsed.has_value()) {
    return refuse(address,
                  fmt::format("{}; give IP:PORT, such as 127.0.0.1:8080", parsed.error().detail));
  }
  OpenListener listener{.address = *parsed};
  const auto explain = [](int cause) {
    return cause == EADDRINUSE
               ? std::string("the port is in use; stop what listens there or choose another")
               : fmt::format("{}; choose another address", std::strerror(cause));
  };
  // Without SO_REUSEPORT first: another process of ours that shares the port would go unnoticed.
  const Result<int> probe = io::open_listen_socket(*parsed, false);
  if (!probe.has_value()) {
    return refuse(address, explain(probe.error().os_errno));
  }
  listener.address = io::local_address(*probe);
  ::close(*probe);
  for (size_t i = 0; i < sockets; ++i) {
    const Result<int> fd = io::open_listen_socket(listener.address, true);
    if (!fd.has_value()) {
      return refuse(address, explain(fd.error().os_errno));
    }
    listener.fds.push_back(*fd);
  }
  return listener;
}

store::StartResult<int> open_local_socket(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = path.string();
  if (text.size() >= sizeof(address.sun_path)) {
    return store::cannot_start(
        fmt::format("--data-dir: the path is too long for a socket ({} bytes); use a shorter one",
                    text.size()));
  }
  text.copy(address.sun_path, text.size());
  ::unlink(text.c_str());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const mode_t before = ::umask(0177);
  const bool is_bound =
      fd >= 0 && ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
      ::listen(fd, kLocalBacklog) == 0;
  ::umask(before);
  if (!is_bound) {
    return store::cannot_start(fmt::format("{}: {}", text, std::strerror(errno)));
  }
  return fd;
}

}  // namespace zerq
