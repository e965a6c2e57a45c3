// SPDX-License-Identifier: Apache-2.0
#include "io/listen_socket.h"

#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>

namespace zerq::io {
namespace {

constexpr int kBacklog = 8192;  // Cut by net.core.somaxconn.

}  // namespace

Result<int> open_listen_socket(const SocketAddress& address, bool reuse_port) {
  const int fd = ::socket(address.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return fail(Error{.code = ErrorCode::kIo, .os_errno = errno, .detail = "socket"});
  }
  const int one = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  if (reuse_port) {
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
  }
  if (address.data()->sa_family == AF_INET6) {
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
  }
  if (::bind(fd, address.data(), address.size()) != 0 || ::listen(fd, kBacklog) != 0) {
    const int cause = errno;
    ::close(fd);
    return fail(Error{.code = ErrorCode::kIo, .os_errno = cause, .detail = "listen"});
  }
  return fd;
}

void set_no_delay(int fd) noexcept {
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

SocketAddress local_address(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
  return SocketAddress::from_sockaddr(storage);
}

}  // namespace zerq::io
